/** Every job. A new job is a new row. */
import { collectBytes } from './collect-bytes.ts'
import { completeMerges } from './complete-merges.ts'
import { destroyRecords } from './destroy-records.ts'
import type { Job } from './job.ts'
import { openAnnounced } from './open-announced.ts'
import { unannouncedDocuments } from './unannounced-documents.ts'

export const jobs: readonly Job[] = [openAnnounced, destroyRecords, completeMerges, unannouncedDocuments, collectBytes]

/** Every job. A new job is a new row. */
import type { Job } from './job.ts'
import { unannouncedDocuments } from './unannounced-documents.ts'

export const jobs: readonly Job[] = [unannouncedDocuments]

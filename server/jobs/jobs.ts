/** Every job. A new job is a new row. */
import type { Job } from './job.ts'

export const jobs: readonly Job[] = []

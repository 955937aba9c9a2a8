/** The address of the embedded replica set. */
import { loopback } from './loopback-port.ts'

export const setName = 'dmp'

/** The name of its one member. */
export const memberHost = (port: number): string => `${loopback}:${port}`

/** For the driver; it names no database. */
export const setUrl = (port: number): string => `mongodb://${memberHost(port)}/?replicaSet=${setName}`

/** For commands to the process itself, which may not be a member of a set yet. */
export const processUrl = (port: number): string => `mongodb://${memberHost(port)}/`

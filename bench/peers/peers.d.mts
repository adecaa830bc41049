import type { WrappingSubject } from '../../src/testing/index.ts'

export interface Peer {
  /** As the table names it. */
  readonly title: string
  /** The package whose version is shown. */
  readonly package: string
  readonly open: () => Promise<WrappingSubject>
}

export const peers: Readonly<Record<string, Peer>>

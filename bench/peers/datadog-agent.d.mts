export interface DatadogAgent {
  readonly url: string
  counted(): { readonly exported: number; readonly nested: number }
  close(): Promise<void>
}

/** An agent on loopback that takes traces, counts the spans with these names and forgets them. */
export function startDatadogAgent(names: readonly string[]): Promise<DatadogAgent>

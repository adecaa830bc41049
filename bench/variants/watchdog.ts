import type { Surroundings, Watched } from '../workload.ts'

const activities = 1_000

/** A program that does nothing but being watched. */
export async function setup({ packages, name }: Surroundings): Promise<Watched> {
  const { ActivityTracker, startActivity } = await packages.underway()
  const { startWatchdog, watchSilence } = await packages.health()
  const tracker = new ActivityTracker()
  const handles = Array.from({ length: activities }, (_, index) =>
    startActivity({ tracker, module: `Module-${index % 10}`, name: 'work', id: `work-${index}` }),
  )
  const silence = watchSilence({ tracker })
  const watchdog = await startWatchdog({ tracker, probes: {} })
  return {
    async end() {
      // What it has told of itself meanwhile.
      const answer = await fetch(`${watchdog.url}/healthz`)
      const { checks } = (await answer.json()) as { checks: { activities: { summary: string } } }
      await watchdog.close()
      silence.close()
      for (const handle of handles) handle.complete()
      const { summary } = checks.activities
      return summary.startsWith(`Active: ${activities} `) ? [] : [`${name}: the watchdog told '${summary}'`]
    },
  }
}

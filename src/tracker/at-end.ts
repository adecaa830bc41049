import type { ActivityRecord } from '../activity/record.js'

/** What is to be given back, such as a timer, once the activity ends. */
export function atEnd(record: ActivityRecord, giveBack: () => void): void {
  const control = record.controls()
  const before = control.atEnd
  control.atEnd =
    before === undefined
      ? giveBack
      : () => {
          before()
          giveBack()
        }
}

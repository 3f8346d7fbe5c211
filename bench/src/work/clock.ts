/** Monotonic time in milliseconds, the same for all processes of the machine. */
export function clockMs(): number {
  return Number(process.hrtime.bigint()) / 1e6;
}

// Notices a connection that went silent without a close: a probe that nothing follows.

export interface HeartbeatOptions {
  readonly heartbeatIntervalMs: number;
  readonly heartbeatTimeoutMs: number;
}

export interface HeartbeatParts {
  /** Whether anything is to come: nobody misses an answer that he did not ask for. */
  isExpecting(): boolean;
  /** Sends what every server answers. */
  probe(): void;
  /** The connection is lost. */
  silent(silenceMs: number): void;
}

/** Longer than a timer can count. */
const NEVER_MS = 2 ** 31;

export class Heartbeat {
  private timer: ReturnType<typeof setTimeout> | undefined;
  private heardAt = 0;
  private isOn = false;
  /** Nothing has arrived since the last probe. */
  private isSilent = false;

  constructor(
    private readonly parts: HeartbeatParts,
    private readonly options: HeartbeatOptions,
  ) {}

  /** There is a connection. */
  start(): void {
    this.isOn = this.options.heartbeatIntervalMs > 0 && this.options.heartbeatIntervalMs < NEVER_MS;
    this.heardAt = Date.now();
    if (this.isOn) this.after(this.options.heartbeatIntervalMs, () => this.beat());
  }

  stop(): void {
    this.isOn = false;
    clearTimeout(this.timer);
  }

  /** Something arrived, whatever it is. */
  heard(): void {
    this.heardAt = Date.now();
    this.isSilent = false;
  }

  /** Probes at once, whatever is expected: the network or the device may have been away. */
  check(): void {
    if (this.isOn) this.probe();
  }

  private beat(): void {
    const { heartbeatIntervalMs } = this.options;
    const idleMs = Date.now() - this.heardAt;
    if (idleMs >= heartbeatIntervalMs && this.parts.isExpecting()) return this.probe();
    // At once when something is asked for on a connection that has long been idle would cost a probe for each request.
    this.after(idleMs < heartbeatIntervalMs ? heartbeatIntervalMs - idleMs : heartbeatIntervalMs, () => this.beat());
  }

  private probe(): void {
    const { heartbeatTimeoutMs } = this.options;
    const probedAt = Date.now();
    this.isSilent = true;
    this.parts.probe();
    this.after(heartbeatTimeoutMs, () => {
      const waitedMs = Date.now() - probedAt;
      if (!this.isSilent) this.beat();
      // The device slept or was busy: what arrived meanwhile may be waiting behind this timer.
      else if (waitedMs > 1.5 * heartbeatTimeoutMs) this.probe();
      else this.parts.silent(Date.now() - this.heardAt);
    });
  }

  private after(delayMs: number, call: () => void): void {
    clearTimeout(this.timer);
    this.timer = setTimeout(call, delayMs);
  }
}

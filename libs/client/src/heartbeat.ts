// Detects a connection that died without a close: nothing arrives after a probe.

export interface HeartbeatOptions {
  readonly heartbeatIntervalMs: number;
  readonly heartbeatTimeoutMs: number;
}

export interface HeartbeatParts {
  /** Whether the client waits for anything. If not, an idle connection needs no probe. */
  isExpecting(): boolean;
  /** Sends a request that every server answers. */
  probe(): void;
  /** Called when the connection counts as lost. */
  silent(silenceMs: number): void;
}

/** From this delay on, timers do not work. */
const NEVER_MS = 2 ** 31;

export class Heartbeat {
  private timer: ReturnType<typeof setTimeout> | undefined;
  private heardAt = 0;
  private isOn = false;
  /** Whether nothing has arrived since the last probe. */
  private isSilent = false;

  constructor(
    private readonly parts: HeartbeatParts,
    private readonly options: HeartbeatOptions,
  ) {}

  /** Starts watching a new connection. */
  start(): void {
    this.isOn = this.options.heartbeatIntervalMs > 0 && this.options.heartbeatIntervalMs < NEVER_MS;
    this.heardAt = Date.now();
    if (this.isOn) this.after(this.options.heartbeatIntervalMs, () => this.beat());
  }

  stop(): void {
    this.isOn = false;
    clearTimeout(this.timer);
  }

  /** Notes that something arrived. */
  heard(): void {
    this.heardAt = Date.now();
    this.isSilent = false;
  }

  /** Probes at once, even if the client waits for nothing: the network or the device may have been away. */
  check(): void {
    if (this.isOn) this.probe();
  }

  private beat(): void {
    const { heartbeatIntervalMs } = this.options;
    const idleMs = Date.now() - this.heardAt;
    if (idleMs >= heartbeatIntervalMs && this.parts.isExpecting()) return this.probe();
    // Probing as soon as a request goes out on an idle connection would cost a probe for each request.
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
      // The device slept or was busy. Frames that arrived in the meantime may be waiting behind this timer.
      else if (waitedMs > 1.5 * heartbeatTimeoutMs) this.probe();
      else this.parts.silent(Date.now() - this.heardAt);
    });
  }

  private after(delayMs: number, call: () => void): void {
    clearTimeout(this.timer);
    this.timer = setTimeout(call, delayMs);
  }
}

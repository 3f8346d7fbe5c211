// The shutdown, in order: requests are answered, committed changes are sent, and clients are asked to reconnect.

import { Inject, Injectable, type BeforeApplicationShutdown } from '@nestjs/common';
import { LIMITS, type Limits } from '../../core/limits/limits.js';
import { RequestPipeline } from '../../hooks/request-pipeline.js';
import { Hub } from '../../live/delivery/hub.js';
import { Authorization } from '../../live/sessions/authorization.js';
import { Reception } from '../../transport/reception.js';
import { Cluster } from './cluster.js';
import { Transports } from './transports.js';
import { atMost } from '../../core/support/with-timeout.js';

@Injectable()
export class JiraShutdown implements BeforeApplicationShutdown {
  constructor(
    private readonly reception: Reception,
    private readonly pipeline: RequestPipeline,
    private readonly hub: Hub,
    private readonly transports: Transports,
    private readonly authorization: Authorization,
    private readonly cluster: Cluster,
    @Inject(LIMITS) private readonly limits: Limits,
  ) {}

  async beforeApplicationShutdown(): Promise<void> {
    await this.reception.close(
      () => this.drain(),
      () => this.transports.end(),
    );
    this.authorization.stop();
    await this.cluster.leave();
  }

  private async drain(): Promise<void> {
    await this.pipeline.close();
    // A database that no longer answers must not keep the process alive: clients refetch when they reconnect.
    await atMost(this.limits.drainMs, this.hub.idle());
  }
}

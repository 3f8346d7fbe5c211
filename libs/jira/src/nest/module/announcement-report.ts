// Reports changes that could not be announced: to the log and to the application.

import { Injectable } from '@nestjs/common';
import type { Change } from '../../core/changes/change.js';
import { isObserved, publish } from '../../core/diagnostics/diagnostics.js';
import { ProblemLog } from '../../core/errors/problem-log.js';
import { LifecycleEvents } from '../../core/lifecycle/lifecycle-events.js';
import type { Channel } from '../../live/delivery/channel.js';
import type { FeedReport } from '../../live/delivery/feed.js';

@Injectable()
export class AnnouncementReport implements FeedReport {
  private readonly problems = new ProblemLog();

  constructor(private readonly lifecycle: LifecycleEvents) {}

  failed(error: unknown, { entity, source, id, type }: Change, channel?: Channel): void {
    const namespace = channel?.definition.namespace;
    this.lifecycle.emit('jira.announcement_failed', {
      entity,
      change: { source, type, id },
      ...(namespace && { namespace }),
      error,
    });
    const where = channel ? ` on ${channel.definition.namespace}: it was reset` : '';
    const kind = `Could not announce "${type}" of ${entity}`;
    this.problems.error(kind, `${kind} ${JSON.stringify(id)}${where}`, error);
  }

  gap(error: unknown, entity: string): void {
    if (isObserved('log')) publish('log', { event: 'gap', entity, error });
    this.lifecycle.emit('jira.announcement_failed', { entity, error });
    const kind = `Changes of ${entity} could not be delivered; its channels were reset`;
    this.problems.error(kind, kind, error);
  }
}

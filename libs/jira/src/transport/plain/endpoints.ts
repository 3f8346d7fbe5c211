// The paths at which one server accepts plain WebSockets, and what each path serves.

import type { Params } from '../../core/connections/connection.js';
import { RouteTable, type Route } from '../routes/route-table.js';
import { jsonFrames } from './json-frames.js';
import { resolvePlainOptions, type ResolvedPlainOptions } from './plain-options.js';

export interface Endpoint {
  readonly options: ResolvedPlainOptions;
  /** The route with this path; `undefined` for everything without a path of its own. */
  readonly route?: Route;
  readonly params: Params;
  readonly served: Endpoints;
}

export class Endpoints {
  readonly rejectAtHandshake: boolean;
  private readonly table = new RouteTable();
  private readonly options = new Map<string, ResolvedPlainOptions>();

  /** @param hasAll whether to serve every route, even those without options of their own */
  constructor(
    own: readonly ResolvedPlainOptions[],
    private readonly routes: RouteTable,
    hasAll: boolean,
  ) {
    for (const options of own) this.add(options);
    this.rejectAtHandshake = own.some(({ rejectAtHandshake }) => rejectAtHandshake);
    const [first] = own;
    const [defaults] = resolvePlainOptions([{ ...first, path: '/', format: jsonFrames }]);
    if (!hasAll || !defaults) return;
    for (const { pattern } of routes.all()) if (!this.options.has(pattern)) this.add({ ...defaults, path: pattern });
  }

  get isEmpty(): boolean {
    return this.options.size === 0;
  }

  find(path: string): Endpoint | undefined {
    const found = this.table.find(path);
    const options = found && this.options.get(found.route.pattern);
    if (!options) return undefined;
    return { options, route: this.routes.get(options.path), params: found.params, served: this };
  }

  private add(options: ResolvedPlainOptions): void {
    this.table.add({ subject: `plainWebSockets "${options.path}"`, path: options.path });
    this.options.set(options.path, options);
  }
}

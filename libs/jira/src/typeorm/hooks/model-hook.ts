// The ready-made hooks over an entity.

import { CreateMixin } from '../../hooks/mixins/create.mixin.js';
import { DestroyMixin } from '../../hooks/mixins/destroy.mixin.js';
import { ListMixin } from '../../hooks/mixins/list.mixin.js';
import { RetrieveMixin } from '../../hooks/mixins/retrieve.mixin.js';
import { UpdateMixin } from '../../hooks/mixins/update.mixin.js';
import { GenericModelHook } from './generic-model-hook.js';
import { ListenMixin } from './listen.mixin.js';
import { SubscribeMixin } from './subscribe.mixin.js';

// Applied one at a time: in nested calls, TypeScript would infer each base from the outer mixin and lose the row type.
const Listing = ListMixin(GenericModelHook);
const Retrieving = RetrieveMixin(Listing);
const Subscribing = SubscribeMixin(Retrieving);
const Reading = ListenMixin(Subscribing);
const Creating = CreateMixin(Reading);
const Updating = UpdateMixin(Creating);
const Writing = DestroyMixin(Updating);

/**
 * `list`, `retrieve`, `listen`, `subscribe` and `unsubscribe` of an entity's rows.
 *
 * @example
 * @Hook('countries')
 * export class CountryHook extends ReadOnlyModelHook<Country> { entity = Country; output = CountryView; }
 */
export abstract class ReadOnlyModelHook<E extends object> extends Reading<E> {}

/**
 * `list`, `retrieve`, `create`, `update`, `destroy`, `listen`, `subscribe` and `unsubscribe` of an entity's rows.
 *
 * @example
 * @Hook('issues')
 * export class IssueHook extends ModelHook<Issue> {
 *   entity = Issue;
 *   createInput = CreateIssue;
 *   output = IssueView;
 *   visibility(scope: HookScope): Visibility<Issue> { return { ownerId: scope.user.id }; }
 * }
 */
export abstract class ModelHook<E extends object> extends Writing<E> {}

import { describeWith } from '../support/services.js';
import { runEverythingOn } from './everything.js';

describeWith('postgres', 'everything on PostgreSQL', () => runEverythingOn('postgres'));

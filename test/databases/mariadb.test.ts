import { describeWith } from '../support/services.js';
import { runEverythingOn } from './everything.js';

describeWith('mariadb', 'everything on MariaDB', () => runEverythingOn('mariadb'));

// nestjs-jira with all its fast paths off.

import process from 'node:process';

process.env['BENCH_SHORT_WAYS'] = 'off';
await import('./jira.js');

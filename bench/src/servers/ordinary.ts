// nestjs-jira with all its short ways off.

process.env['BENCH_SHORT_WAYS'] = 'off';
await import('./jira.js');

export {};

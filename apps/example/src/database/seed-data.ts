// Holds the issues and comments that the first start writes.

import type { IssueStatus } from '../issues/issue-status.js';

type Person = 'ada' | 'grace';

export interface SeedIssue {
  readonly title: string;
  readonly description: string;
  readonly status: IssueStatus;
  readonly assignee?: Person;
  readonly comments?: readonly (readonly [Person, string])[];
}

/** Issues of the project that Ada and Grace share. */
export const ORCHARD: readonly SeedIssue[] = [
  {
    title: 'Checkout forgets the delivery date after a reload',
    description:
      'Choose a date, reload the page, and the form is back on "as soon as possible". The date is in the URL but nobody reads it.',
    status: 'open',
    assignee: 'grace',
    comments: [
      ['ada', 'Also happens with the back button.'],
      ['grace', 'Found it: we parse the query before the router has it. Fix is small, the test is the work.'],
    ],
  },
  {
    title: 'Show stock per warehouse, not the sum',
    description: 'Support answers the same question ten times a day.',
    status: 'open',
    assignee: 'ada',
  },
  {
    title: 'Search finds nothing for words with an umlaut',
    description: 'Typing "Äpfel" gives an empty page, "apfel" works. The index folds case for ASCII only.',
    status: 'open',
    comments: [['grace', 'Three customers wrote in about this one since Monday.']],
  },
  {
    title: 'Invoices: round per line, as the tax office asks',
    description: 'Today we round the sum, which is off by a cent on every fifth invoice.',
    status: 'open',
    assignee: 'ada',
  },
  {
    title: 'Live order board for the packing room',
    description: 'A big screen that shows what is next. It must recover by itself when the wireless drops out.',
    status: 'doing',
    assignee: 'ada',
    comments: [
      ['grace', 'The screen is mounted. It has no keyboard, so "recover by itself" is meant literally.'],
      ['ada', 'Unplugged the router twice today: it comes back and shows the truth.'],
      ['grace', 'Lovely.'],
    ],
  },
  {
    title: 'Move the nightly export off the main database',
    description: 'It holds locks for four minutes at 02:00, when the Australians are awake.',
    status: 'doing',
    assignee: 'grace',
  },
  {
    title: 'Keyboard: no way out of the address list',
    description: 'Tab goes round and round inside. Escape should close it and give the focus back.',
    status: 'doing',
    assignee: 'grace',
  },
  {
    title: 'Upgrade to Node 20',
    description: 'Everything but the label printer, which has its own issue.',
    status: 'done',
    assignee: 'ada',
  },
  {
    title: 'Remove the moth from relay 70',
    description: 'First actual case of a bug being found.',
    status: 'done',
    assignee: 'grace',
    comments: [['ada', 'Taped into the logbook, I hope?']],
  },
];

/** Issues of Ada's own project. Grace must never get them. */
export const LAUNCH: readonly SeedIssue[] = [
  {
    title: 'Choose the date, and tell nobody yet',
    description: 'Not a Friday.',
    status: 'doing',
    assignee: 'ada',
    comments: [['ada', 'The second Tuesday of May looks good.']],
  },
  {
    title: 'Price list for the first hundred customers',
    description: 'Simple enough to fit on a postcard.',
    status: 'open',
    assignee: 'ada',
  },
  { title: 'Draft the announcement', description: '', status: 'open' },
  { title: 'Book the hall', description: 'The one with the good windows.', status: 'done', assignee: 'ada' },
];

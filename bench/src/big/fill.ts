// Fills the tables inside the database: 1.5 million issues in a minute or two.

import type { DataSource } from 'typeorm';

export type ServerName = 'postgres' | 'mariadb';

/** The number of rows of each table, given the number of issues. */
export function sizesOf(issues: number): Readonly<Record<'issue' | 'project' | 'member' | 'comment' | 'user', number>> {
  const project = Math.max(20, Math.round(issues / 1_500));
  return { issue: issues, project, member: Math.round(issues / 15), comment: Math.round((issues * 2) / 3), user: Math.max(50, Math.round(issues / 300)) }; // prettier-ignore
}

export async function fill(dataSource: DataSource, type: ServerName, issues: number): Promise<void> {
  const sizes = sizesOf(issues);
  for (const sql of type === 'postgres' ? postgres(sizes) : mariadb(sizes)) await dataSource.query(sql);
}

type Sizes = ReturnType<typeof sizesOf>;

function postgres({ issue, project, member, comment, user }: Sizes): string[] {
  return [
    `INSERT INTO project (name) SELECT 'Project ' || md5(n::text) FROM generate_series(1, ${project}) n`,
    `INSERT INTO member ("userId", "projectId") SELECT n % ${user} + 1, (n::bigint * 7919) % ${project} + 1 FROM generate_series(1, ${member}) n`,
    `INSERT INTO issue (title, status, priority, "assigneeId", "createdAt", "projectId")
      SELECT 'Issue ' || n || ' ' || md5(n::text), (ARRAY['open', 'doing', 'done'])[n % 3 + 1], n % 1000, (n::bigint * 31) % ${user} + 1,
        timestamp '2020-01-01' + n * interval '90 seconds', (n::bigint * 104729) % ${project} + 1 FROM generate_series(1, ${issue}) n`,
    `INSERT INTO comment (text, "issueId") SELECT 'Comment ' || md5(n::text), n % ${issue} + 1 FROM generate_series(1, ${comment}) n`,
    'CREATE EXTENSION IF NOT EXISTS pg_trgm',
    'CREATE INDEX ON issue USING gin (title gin_trgm_ops)',
    'CREATE INDEX ON issue (title text_pattern_ops)',
    'CREATE INDEX ON issue (title COLLATE "C", id)',
    'CREATE INDEX ON project (name COLLATE "C")',
    'VACUUM ANALYZE',
  ];
}

function mariadb({ issue, project, member, comment, user }: Sizes): string[] {
  return [
    `INSERT INTO project (name) SELECT CONCAT('Project ', MD5(seq)) FROM seq_1_to_${project}`,
    `INSERT INTO member (userId, projectId) SELECT seq % ${user} + 1, (seq * 7919) % ${project} + 1 FROM seq_1_to_${member}`,
    `INSERT INTO issue (title, status, priority, assigneeId, createdAt, projectId)
      SELECT CONCAT('Issue ', seq, ' ', MD5(seq)), ELT(seq % 3 + 1, 'open', 'doing', 'done'), seq % 1000, (seq * 31) % ${user} + 1,
        '2020-01-01' + INTERVAL seq * 90 SECOND, (seq * 104729) % ${project} + 1 FROM seq_1_to_${issue}`,
    `INSERT INTO comment (text, issueId) SELECT CONCAT('Comment ', MD5(seq)), seq % ${issue} + 1 FROM seq_1_to_${comment}`,
    'CREATE INDEX title ON issue (title)',
    'ANALYZE TABLE project, member, issue, comment',
  ];
}

// `nestjs-jira/testing`: for tests of applications with hooks, and for our own.
export { createTestApp, type TestApp, type TestAppOptions } from './test-app.js';
export { TestClient, type TestCall, type TestSubscription } from './test-client.js';
export type { TestUser } from './test-users.js';
export { ManualChangeSource, type ManualChange } from './manual-change-source.js';
export { useFakeClock, type FakeClock } from './fake-clock.js';
export { expectAudiences, type AudienceOptions } from './expect-audiences.js';

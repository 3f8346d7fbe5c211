export { JiraHealthIndicator, type HealthCheckOptions } from './jira-health.indicator.js';

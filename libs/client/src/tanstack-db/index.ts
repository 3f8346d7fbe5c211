export { jiraCollectionOptions, type CollectionKey, type CollectionRow, type JiraCollectionConfig } from './options.js';

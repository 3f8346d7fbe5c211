// `nestjs-jira/formats`: message formats for clients of plain WebSockets.
export { bundleFormat } from './transport/plain/bundle-format.js';
export { jsonFrames } from './transport/plain/json-frames.js';
export type {
  EventRequest,
  IsHook,
  MessageConverter,
  MessageExtractor,
  MessageFormat,
} from './transport/plain/message-format.js';
export { xraptorFormat } from './transport/plain/xraptor-format.js';
export { zaptoolsFormat } from './transport/plain/zaptools-format.js';

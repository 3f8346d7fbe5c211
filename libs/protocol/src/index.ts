export { CODES, codeForStatus, type Code, type CodeEntry } from './codes.js';
export {
  ACKNOWLEDGE_ACTION,
  AUTHENTICATE_ACTION,
  CANCEL_ACTION,
  CHANGE_TYPES,
  CONNECTION_EVENT,
  MESSAGE_EVENT,
  METHODS,
  PROTOCOL_VERSION,
  type AnswerFrame,
  type ChangeFrame,
  type ChangeFrameType,
  type ErrorData,
  type Method,
  type Query,
  type RefusalData,
  type RequestFrame,
  type RowId,
  type SubscribedData,
} from './frames.js';
export type { ActionDescription, ApiDescription, HookDescription, PaginatedResponse, Wire } from './api.js';
export {
  MAX_ACTION_LENGTH,
  MAX_REQUEST_ID_LENGTH,
  isMethod,
  isReservedName,
  parseAnswer,
  parseChange,
  parseRequest,
  type Malformed,
  type Parsed,
} from './guards.js';

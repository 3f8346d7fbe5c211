// Protocol version 2 as one JSON object per message: `{ "event": "issues", "data": <frame> }`.

import { jsonConverter, member, recordMember, textMember, type MessageFormat } from './message-format.js';

/**
 * The format of protocol version 2. Each message is `{ event, data }`, in both directions: what Socket.IO sends as an event and
 * its argument. An event of the application may have `headers`, and a `requestId` if the client wants an answer. A frame that
 * cannot be read is answered with `{ event: '$error', data: { code, message } }`.
 */
export const jsonFrames: MessageFormat = {
  name: 'json',
  speaksProtocol: true,
  converter: jsonConverter,
  extractor: {
    event: (value) => textMember(value, 'event'),
    headers: (value) => recordMember(value, 'headers'),
    payload: (value) => member(value, 'data'),
    request: (value) => {
      const requestId = textMember(value, 'requestId');
      return requestId === undefined ? undefined : { requestId, method: 'POST' };
    },
  },
  compose: (event, data) => ({ event, data }),
};

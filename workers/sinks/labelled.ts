/** A sink that gives messages the labels they are to have, and imports them without where Gmail takes none. */
import { isFault } from '../../src/core/fault.ts';
import type { Outgoing, Sink, Upload } from '../../src/core/ports.ts';
import type { Labels } from '../labels.ts';

/** As often as a label is looked up anew for one message. */
const TRIES = 2;

export const createLabelledSink = (sink: Sink, labels: Labels): Sink => ({
  open: (message, signal) => openLabelled(sink, labels, message, signal),
  resume: (uri) => sink.resume(uri),
});

/** Nothing is imported by opening a session, so one that was refused is opened again. */
async function openLabelled(
  sink: Sink,
  labels: Labels,
  message: Outgoing,
  signal: AbortSignal,
): Promise<Upload> {
  const { label } = message;
  for (let tries = 0; label && tries < TRIES; tries += 1) {
    const id = await labels.idOf(label, signal);
    if (id === null) break;
    try {
      const upload = await sink.open({ ...message, labelIds: [...message.labelIds, id] }, signal);
      return watched(upload, await labels.isOwn(label, id), () => labels.lose(label, id));
    } catch (error) {
      // Nothing of the message has been sent, so whatever Gmail minds is in what goes with it.
      if (!isFault(error, 'label-refused') && !isFault(error, 'upload-bad-request')) throw error;
      await labels.lose(label, id);
    }
  }
  return sink.open(message, signal);
}

/** The label can also go, or be found to be gone, while the message is on its way. */
const watched = (upload: Upload, labelled: boolean, lose: () => Promise<void>): Upload => ({
  uri: upload.uri,
  labelled,
  status: (total, signal) => upload.status(total, signal),
  async put(...args) {
    try {
      return await upload.put(...args);
    } catch (error) {
      if (isFault(error, 'label-refused')) await lose();
      throw error;
    }
  },
});

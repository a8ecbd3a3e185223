// @ts-check
// One message on its way at a time, so that a page which is slower than the hand never lags behind it.

const ANSWER_MS = 1500; // an answer that never comes must not stop what is dragged or drawn

/** Sends when the page has answered the message before; what was asked in between is sent as one. */
export class PacedSender {
  /** @param {() => void} send composes the message of now and sends it */
  constructor(send) {
    this.send = send;
    this.waiting = false;
    this.busy = false;
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    this.timer = undefined;
  }

  /** Ask for a message: sent at once, or as soon as the one before is answered. */
  request() {
    this.waiting = true;
    this.flush();
  }

  /** Note that the page has answered: it was drawn anew. */
  noteAnswer() {
    this.busy = false;
    this.flush();
  }

  /** Forget what waits to be sent. */
  drop() {
    this.waiting = false;
  }

  flush() {
    if (this.busy || !this.waiting) return;
    this.waiting = false;
    this.busy = true;
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.noteAnswer(), ANSWER_MS);
    this.send();
  }
}

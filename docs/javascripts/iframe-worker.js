/* The search runs in a worker, and a browser starts none for a page that was opened from a folder. There a hidden frame
   takes its place: it loads the worker's script, and messages go to and fro between it and the page. */
if (location.protocol === "file:") {
  class IFrameWorker extends EventTarget {
    constructor(url) {
      super();
      const frame = document.createElement("iframe");
      frame.hidden = true;
      document.body.appendChild(frame);
      const room = frame.contentWindow;
      // What the script says goes to whoever listens to the worker.
      room.postMessage = (data) => this.dispatchEvent(new MessageEvent("message", { data }));
      room.importScripts = async (...urls) => {
        for (const one of urls) await load(room.document, one);
      };
      this.ready = load(room.document, url);
      this.room = room;
    }

    postMessage(data) {
      // What is said to the worker before its script is there waits.
      this.ready.then(() => this.room.dispatchEvent(new MessageEvent("message", { data })));
    }

    terminate() {
      this.room.frameElement.remove();
    }
  }

  const load = (place, url) =>
    new Promise((done, failed) => {
      const script = place.createElement("script");
      script.src = new URL(url, location.href).href;
      script.onload = done;
      script.onerror = failed;
      place.body.appendChild(script);
    });

  window.IFrameWorker = IFrameWorker;
  window.Worker = IFrameWorker;
}

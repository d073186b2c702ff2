// Fetches the engine of the live figure and the demo model, when a reader first touches the figure:
//
//     const engine = await guideLive.load(address)
//     const figure = await guideLive.open(box)        // with its panels, in the place of the still picture
//
// The address is that of the model's file, which the site's build has made: demo-model.bin, or for a
// site that is opened from a folder, where pages can fetch nothing, demo-model.js. What went wrong is
// thrown as an Error whose message is one line for the reader; a later call tries again.
//
// This script may run again on every page with a figure; the engine and the model come once.
"use strict";

/**
 * @typedef {object} Unpacked what src/nnsight_guide/demo_model/packed.py has packed
 * @property {Config} config
 * @property {number[]} ids
 * @property {Map<string, Tensor>} tensors
 * @property {string} merges
 * @property {[string, string][]} landmarks
 * @property {string[]} phrasings
 */

/**
 * @typedef {object} GuideLive
 * @property {(address: string) => Promise<InstanceType<typeof liveEngine.Engine>>} load
 * @property {(box: HTMLElement) => Promise<InstanceType<typeof liveFigure.Figure>>} open
 * @property {string} packed
 */

/** @type {GuideLive} */
var guideLive =
  globalThis.guideLive ??
  (() => {
    const PARTS = ["kept.js", "gptj.js", "tokenizer.js", "interventions.js", "nnsight_code.js", "engine.js"];
    const PANELS = ["parts", "link", "words", "prompt", "heads", "large", "answers", "changes", "code", "figure"];
    const HERE = /** @type {HTMLScriptElement} */ (document.currentScript).src;
    /** @type {ReturnType<typeof loadOnce> | undefined} */
    let loading;
    /** @type {Map<string, Promise<void>>} by address: a script that has run does not run again */
    const scripts = new Map();

    /** @param {string} address */
    function load(address) {
      loading ??= loadOnce(new URL(address, document.baseURI).href).catch((error) => {
        loading = undefined;
        throw error;
      });
      return loading;
    }

    /** @param {HTMLElement} box */
    async function open(box) {
      const parts = PANELS.map((name) => script(new URL(`figure/${name}.js`, HERE).href));
      const [engine] = await Promise.all([load(box.dataset.model ?? ""), ...parts]);
      return new liveFigure.Figure(box, engine);
    }

    /** @param {string} address */
    async function loadOnce(address) {
      const parts = PARTS.map((name) => script(new URL(name, HERE).href));
      const [packed] = await Promise.all([address.endsWith(".js") ? fromScript(address) : fetched(address), ...parts]);
      return new liveEngine.Engine(await unpacked(packed, address));
    }

    /** @param {string} address */
    function script(address) {
      const begun = scripts.get(address) ?? run(address);
      scripts.set(address, begun);
      begun.catch(() => scripts.delete(address));
      return begun;
    }

    /** @param {string} address @returns {Promise<void>} */
    function run(address) {
      const element = document.createElement("script");
      let isBroken = false;
      const hear = (/** @type {ErrorEvent} */ event) => {
        // A browser does not say which script it was if the page was opened from a folder.
        if (event.filename !== address && event.filename !== "") return;
        isBroken = true;
        event.preventDefault(); // it is told below, and not in the console
      };
      window.addEventListener("error", hear);
      /** @type {Promise<void>} */
      const result = new Promise((resolve, reject) => {
        element.onload = () => (isBroken ? reject(problem(address, "is not whole")) : resolve());
        element.onerror = () => reject(problem(address, "did not load"));
      });
      element.async = false; // they run in the order in which they were asked for
      element.src = address;
      document.head.append(element);
      return result.finally(() => {
        window.removeEventListener("error", hear);
        element.remove();
      });
    }

    /** @param {string} address */
    async function fromScript(address) {
      await script(address); // it sets what is read here
      const characters = atob(guideLive.packed);
      guideLive.packed = "";
      scripts.delete(address);
      return Uint8Array.from(characters, (character) => character.charCodeAt(0));
    }

    /** @param {string} address */
    async function fetched(address) {
      try {
        const response = await fetch(address);
        if (response.ok) return new Uint8Array(await response.arrayBuffer());
      } catch {
        // as if the server had refused
      }
      throw problem(address, "did not load");
    }

    /** @param {Uint8Array<ArrayBuffer>} packed @param {string} address @returns {Promise<Unpacked>} */
    async function unpacked(packed, address) {
      let bytes;
      try {
        const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream("gzip"));
        bytes = new Uint8Array(await new Response(stream).arrayBuffer());
      } catch {
        throw problem(address, "is not whole"); // it ends with a checksum
      }
      const text = (/** @type {number} */ from, /** @type {number} */ to) => new TextDecoder().decode(bytes.subarray(from, to));
      const merges = 4 + new DataView(bytes.buffer).getUint32(0, true);
      const { tensors: shapes, merges: size, ...rest } = JSON.parse(text(4, merges));
      const upper = merges + size;
      const lower = upper + (bytes.length - upper) / 2;
      /** @type {Map<string, Tensor>} */
      const tensors = new Map();
      let at = 0;
      for (const [name, shape] of /** @type {[string, number[]][]} */ (Object.entries(shapes))) {
        const bits = new Uint32Array(shape.reduce((a, b) => a * b));
        // A bfloat16 is the upper half of a float's 32 bits.
        for (let i = 0; i < bits.length; i++, at++) bits[i] = (bytes[upper + at] << 24) | (bytes[lower + at] << 16);
        tensors.set(name, { shape, data: new Float32Array(bits.buffer) });
      }
      return { ...rest, tensors, merges: text(merges, upper) };
    }

    /** @param {string} address @param {string} what */
    function problem(address, what) {
      const name = address.slice(address.lastIndexOf("/") + 1);
      return new Error(`${name} ${what}, and without it nothing can run here: load the page again.`);
    }

    return { load, open, packed: "" };
  })();

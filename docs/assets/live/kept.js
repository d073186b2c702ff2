// What a run of the model leaves behind, and what the next one takes from there. A token looks back and never
// ahead: up to the first token that is another one, nothing is to be computed again. So a letter that is
// typed at the end of a long prompt costs as much as in a short one.
"use strict";

/**
 * @typedef {(layer: number, values: Float64Array, seqLen: number) => void} Edit changes values in place
 * @typedef {object} Edits the same object again says that they do the same again
 * @property {Edit} [outProjInput] transformer.h[layer].attn.out_proj.input: columns of each head
 * @property {Edit} [output] transformer.h[layer].output[0]: the hidden states
 * @property {number} [last] how many positions they change that are counted from the end
 * @typedef {ReturnType<typeof kept.memoryFor>} Memory
 */

const kept = (() => {
  /** @type {Edits} */
  const NOTHING = {};

  /**
   * Make room for what runs leave behind, each in the place of the one before.
   *
   * @param {Config} config @param {number} room the most tokens that fit
   */
  function memoryFor({ n_layer, n_embd, n_head }, room) {
    const rows = (/** @type {number} */ width) => new Float64Array(room * width);
    const perLayer = (/** @type {number} */ width) => Array.from({ length: n_layer }, () => rows(width));
    const [embedded, normed, q, heads, attnOutput, mlpOutput] = Array.from({ length: 6 }, () => rows(n_embd));
    return {
      ...{ room, ids: /** @type {number[]} */ ([]), edits: NOTHING, first: 0 },
      ...{ embedded, normed, q, heads, attnOutput, inner: rows(4 * n_embd), mlpOutput },
      // Of each layer:
      keys: perLayer(n_embd), // (seq_len, n_heads, d_head)
      values: perLayer(n_embd),
      hiddenStates: perLayer(n_embd), // (seq_len, d_model)
      attentions: perLayer(n_head * room), // (n_heads, room, room), zero where a token would look ahead
    };
  }

  /** The first token that has to be computed. @param {number[]} ids @param {Memory} memory @param {Edits} edits */
  function firstToRun(ids, memory, edits) {
    if (edits !== memory.edits) return 0;
    const other = ids.findIndex((id, position) => id !== memory.ids[position]);
    const shorter = Math.min(ids.length, memory.ids.length);
    return Math.min(other < 0 ? ids.length : other, shorter - (edits.last ?? 0));
  }

  return { NOTHING, memoryFor, firstToRun };
})();

// A GPT-J, forward only, for one prompt: the guide's own JavaScript, in 64-bit floats, the numbers of
// JavaScript. Its parts have the names that they have in transformers' GPTJForCausalLM. Shapes stand
// in comments, such as (seq_len, d_model); all numbers of a tensor lie in one array, row after row.
"use strict";

/**
 * @typedef {object} Config what of transformers' GPTJConfig counts here
 * @property {number} n_layer
 * @property {number} n_head
 * @property {number} n_embd d_model
 * @property {number} rotary_dim how many numbers of each head are rotated
 * @property {number} layer_norm_epsilon
 * @property {number} vocab_size
 *
 * @typedef {{shape: number[], data: Float32Array}} Tensor of weights
 * @typedef {(layer: number, values: Float64Array, seqLen: number) => void} Edit changes values in place
 * @typedef {object} Edits
 * @property {Edit} [outProjInput] transformer.h[layer].attn.out_proj.input: columns of each head
 * @property {Edit} [output] transformer.h[layer].output[0]: the hidden states
 * @typedef {ReturnType<typeof gptj.memoryFor>} Memory
 */

const gptj = (() => {
  /**
   * Make room for what a run leaves behind, and the next one with the same memory overwrites.
   *
   * @param {Config} config @param {number} room the most tokens that fit
   */
  function memoryFor({ n_layer, n_embd, n_head }, room) {
    const rows = (/** @type {number} */ width) => new Float64Array(room * width);
    const perLayer = (/** @type {number} */ width) => Array.from({ length: n_layer }, () => rows(width));
    const [embedded, normed, q, k, v, heads, attnOutput, mlpOutput] = Array.from({ length: 8 }, () => rows(n_embd));
    const inner = rows(4 * n_embd);
    return {
      ...{ seqLen: 0, embedded, normed, q, k, v, heads, attnOutput, inner, mlpOutput },
      hiddenStates: perLayer(n_embd), // of each layer: (seq_len, d_model)
      attentions: perLayer(n_head * room), // of each layer: (n_heads, seq_len, seq_len)
    };
  }

  class Model {
    /**
     * @param {Config} config
     * @param {Map<string, Tensor>} tensors the last row of transformer.wte is that of all tokens that
     *     were not in training
     * @param {number[]} ids the tokens that were, in the order of their rows
     */
    constructor(config, tensors, ids) {
      this.config = config;
      this.tensors = tensors;
      this.ids = ids;
      this.rowOf = new Map(ids.map((id, row) => [id, row]));
      this.normed = new Float64Array(config.n_embd);
    }

    /** @param {string} name */
    tensor(name) {
      const found = this.tensors.get(name);
      if (!found) throw new Error(`The model has no ${name}.`);
      return found;
    }

    /** @param {number[]} ids @param {Memory} memory @param {Edits} edits */
    forward(ids, memory, edits = {}) {
      const width = this.config.n_embd;
      const wte = this.tensor("transformer.wte.weight").data; // (n_known + 1, d_model)
      memory.seqLen = ids.length;
      ids.forEach((id, position) => {
        const row = this.rowOf.get(id) ?? this.ids.length;
        memory.embedded.set(wte.subarray(row * width, (row + 1) * width), position * width);
      });
      for (let layer = 0; layer < this.config.n_layer; layer++) this.block(layer, memory, edits);
    }

    /** transformer.h[layer] @param {number} layer @param {Memory} memory @param {Edits} edits */
    block(layer, memory, edits) {
      const { seqLen, normed, inner, attnOutput, mlpOutput } = memory;
      const input = layer ? memory.hiddenStates[layer - 1] : memory.embedded; // (seq_len, d_model)
      const output = memory.hiddenStates[layer];
      const own = (/** @type {string} */ name) => this.tensor(`transformer.h.${layer}.${name}`);

      layerNorm(input, seqLen, own("ln_1.weight"), own("ln_1.bias"), this.config, normed);
      // Attention and MLP read the same, side by side, and both are added to what came in.
      this.attention(layer, memory, edits);
      linear(normed, seqLen, own("mlp.fc_in.weight"), own("mlp.fc_in.bias"), inner); // (seq_len, 4 d_model)
      for (let i = 0; i < seqLen * 4 * this.config.n_embd; i++) inner[i] = geluNew(inner[i]);
      linear(inner, seqLen, own("mlp.fc_out.weight"), own("mlp.fc_out.bias"), mlpOutput);
      for (let i = 0; i < seqLen * this.config.n_embd; i++) output[i] = attnOutput[i] + mlpOutput[i] + input[i];
      edits.output?.(layer, output, seqLen);
    }

    /** transformer.h[layer].attn @param {number} layer @param {Memory} memory @param {Edits} edits */
    attention(layer, memory, edits) {
      const { seqLen, normed, q, k, v, heads, attnOutput } = memory;
      const { n_head, n_embd, rotary_dim } = this.config;
      const weight = (/** @type {string} */ name) => this.tensor(`transformer.h.${layer}.attn.${name}.weight`);
      linear(normed, seqLen, weight("q_proj"), null, q); // (seq_len, n_heads * d_head)
      linear(normed, seqLen, weight("k_proj"), null, k);
      linear(normed, seqLen, weight("v_proj"), null, v);
      rotate(q, seqLen, n_head, n_embd / n_head, rotary_dim);
      rotate(k, seqLen, n_head, n_embd / n_head, rotary_dim);
      attend(q, k, v, seqLen, n_head, n_embd / n_head, memory.attentions[layer], heads);
      edits.outProjInput?.(layer, heads, seqLen);
      linear(heads, seqLen, weight("out_proj"), null, attnOutput);
    }

    /**
     * lm_head(transformer.ln_f(hidden states)) at one position: the logits of the known tokens, in the
     * order of their rows, and last the one logit that all others have.
     *
     * @param {Float64Array} hiddenStates @param {number} position @param {Float64Array} logits (n_known + 1,)
     */
    logits(hiddenStates, position, logits) {
      const state = hiddenStates.subarray(position * this.config.n_embd, (position + 1) * this.config.n_embd);
      const [scale, shift] = [this.tensor("transformer.ln_f.weight"), this.tensor("transformer.ln_f.bias")];
      layerNorm(state, 1, scale, shift, this.config, this.normed);
      const bias = this.tensor("lm_head.bias");
      // lm_head.weight has the rows of transformer.wte.weight, and zeros for all other tokens.
      linear(this.normed, 1, this.tensor("transformer.wte.weight"), bias, logits);
      logits[this.ids.length] = bias.data[this.ids.length];
    }
  }

  /**
   * y = x · weightᵀ + bias, for x (rows, inner), weight (outer, inner) and y (rows, outer)
   *
   * @param {Float64Array} x @param {number} rows @param {Tensor} weight @param {Tensor | null} bias @param {Float64Array} y
   */
  function linear(x, rows, { shape: [outer, inner], data: w }, bias, y) {
    for (let o = 0, b = 0; o < outer; o++, b += inner) {
      const shift = bias ? bias.data[o] : 0;
      for (let r = 0, a = 0; r < rows; r++, a += inner) {
        let s0 = 0, s1 = 0, s2 = 0, s3 = 0; // four sums, which need not wait for each other
        for (let i = 0; i < inner; i += 4) {
          s0 += x[a + i] * w[b + i];
          s1 += x[a + i + 1] * w[b + i + 1];
          s2 += x[a + i + 2] * w[b + i + 2];
          s3 += x[a + i + 3] * w[b + i + 3];
        }
        y[r * outer + o] = s0 + s1 + (s2 + s3) + shift;
      }
    }
  }

  /** @param {Float64Array} x (rows, d_model) @param {number} rows @param {Tensor} scale @param {Tensor} shift @param {Config} config @param {Float64Array} y */
  function layerNorm(x, rows, scale, shift, { n_embd, layer_norm_epsilon }, y) {
    for (let start = 0; start < rows * n_embd; start += n_embd) {
      let mean = 0, variance = 0;
      for (let i = 0; i < n_embd; i++) mean += x[start + i] / n_embd;
      for (let i = 0; i < n_embd; i++) variance += (x[start + i] - mean) ** 2 / n_embd;
      const size = Math.sqrt(variance + layer_norm_epsilon);
      for (let i = 0; i < n_embd; i++) y[start + i] = ((x[start + i] - mean) / size) * scale.data[i] + shift.data[i];
    }
  }

  /** Rotates neighbours among the first numbers of each head. @param {Float64Array} x (seq_len, n_heads, d_head) @param {number} seqLen @param {number} nHeads @param {number} dHead @param {number} rotaryDim */
  function rotate(x, seqLen, nHeads, dHead, rotaryDim) {
    for (let position = 0; position < seqLen; position++)
      for (let pair = 0; pair < rotaryDim; pair += 2) {
        const angle = position / 10000 ** (pair / rotaryDim), cos = Math.cos(angle), sin = Math.sin(angle);
        for (let head = 0; head < nHeads; head++) {
          const at = (position * nHeads + head) * dHead + pair, even = x[at], odd = x[at + 1];
          x[at] = even * cos - odd * sin;
          x[at + 1] = odd * cos + even * sin;
        }
      }
  }

  /** What each head attends to (n_heads, seq_len, seq_len), and what it takes from there (seq_len, n_heads, d_head). @param {Float64Array} q @param {Float64Array} k @param {Float64Array} v @param {number} seqLen @param {number} nHeads @param {number} dHead @param {Float64Array} attention @param {Float64Array} taken */
  function attend(q, k, v, seqLen, nHeads, dHead, attention, taken) {
    taken.fill(0, 0, seqLen * nHeads * dHead);
    attention.fill(0, 0, nHeads * seqLen * seqLen); // nothing is seen of what comes later
    for (let head = 0; head < nHeads; head++)
      for (let query = 0; query < seqLen; query++) {
        const row = (head * seqLen + query) * seqLen, from = (query * nHeads + head) * dHead;
        let highest = -Infinity, sum = 0;
        for (let key = 0; key <= query; key++) {
          const to = (key * nHeads + head) * dHead;
          let score = 0;
          for (let i = 0; i < dHead; i++) score += q[from + i] * k[to + i];
          attention[row + key] = score / Math.sqrt(dHead);
          highest = Math.max(highest, attention[row + key]);
        }
        for (let key = 0; key <= query; key++) sum += attention[row + key] = Math.exp(attention[row + key] - highest);
        for (let key = 0; key <= query; key++) {
          const to = (key * nHeads + head) * dHead, share = (attention[row + key] /= sum);
          for (let i = 0; i < dHead; i++) taken[from + i] += share * v[to + i];
        }
      }
  }

  /** @param {number} x */
  const geluNew = (x) => 0.5 * x * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x ** 3)));

  return { memoryFor, Model };
})();

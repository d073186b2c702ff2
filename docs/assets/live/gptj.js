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
 */

const gptj = (() => {
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
    }

    /** @param {string} name */
    tensor(name) {
      const found = this.tensors.get(name);
      if (!found) throw new Error(`The model has no ${name}.`);
      return found;
    }

    /** @param {number[]} ids @param {Memory} memory @param {Edits} edits */
    forward(ids, memory, edits = kept.NOTHING) {
      const width = this.config.n_embd;
      const wte = this.tensor("transformer.wte.weight").data; // (n_known + 1, d_model)
      memory.first = kept.firstToRun(ids, memory, edits);
      Object.assign(memory, { ids, edits });
      ids.forEach((id, position) => {
        const row = this.rowOf.get(id) ?? this.ids.length;
        memory.embedded.set(wte.subarray(row * width, (row + 1) * width), position * width);
      });
      for (let layer = 0; layer < this.config.n_layer; layer++) this.block(layer, memory, edits);
    }

    /** transformer.h[layer] @param {number} layer @param {Memory} memory @param {Edits} edits */
    block(layer, memory, edits) {
      const { first, ids, normed, inner, attnOutput, mlpOutput } = memory;
      const width = this.config.n_embd, rows = ids.length - first;
      const input = (layer ? memory.hiddenStates[layer - 1] : memory.embedded).subarray(first * width); // (rows, d_model)
      const output = memory.hiddenStates[layer].subarray(first * width);
      const own = (/** @type {string} */ name) => this.tensor(`transformer.h.${layer}.${name}`);

      layerNorm(input, rows, own("ln_1.weight"), own("ln_1.bias"), this.config, normed);
      // Attention and MLP read the same, side by side, and both are added to what came in.
      this.attention(layer, memory, edits);
      linear(normed, rows, own("mlp.fc_in.weight"), own("mlp.fc_in.bias"), inner); // (rows, 4 d_model)
      for (let i = 0; i < rows * 4 * width; i++) inner[i] = geluNew(inner[i]);
      linear(inner, rows, own("mlp.fc_out.weight"), own("mlp.fc_out.bias"), mlpOutput);
      for (let i = 0; i < rows * width; i++) output[i] = attnOutput[i] + mlpOutput[i] + input[i];
      edits.output?.(layer, memory.hiddenStates[layer], ids.length);
    }

    /** transformer.h[layer].attn @param {number} layer @param {Memory} memory @param {Edits} edits */
    attention(layer, memory, edits) {
      const { first, ids, normed, q, heads, attnOutput } = memory;
      const { n_head, n_embd, rotary_dim } = this.config;
      const [k, v, seqLen] = [memory.keys[layer], memory.values[layer], ids.length];
      const weight = (/** @type {string} */ name) => this.tensor(`transformer.h.${layer}.attn.${name}.weight`);
      const rest = (/** @type {Float64Array} */ all) => all.subarray(first * n_embd); // (rows, n_heads * d_head)
      linear(normed, seqLen - first, weight("q_proj"), null, rest(q));
      linear(normed, seqLen - first, weight("k_proj"), null, rest(k));
      linear(normed, seqLen - first, weight("v_proj"), null, rest(v));
      rotate(q, first, seqLen, n_head, n_embd / n_head, rotary_dim);
      rotate(k, first, seqLen, n_head, n_embd / n_head, rotary_dim);
      attend(q, k, v, first, seqLen, n_head, n_embd / n_head, memory.attentions[layer], memory.room, heads);
      edits.outProjInput?.(layer, heads, seqLen);
      linear(rest(heads), seqLen - first, weight("out_proj"), null, attnOutput);
    }

    /**
     * lm_head(transformer.ln_f(states)): the logits of the known tokens, in the order of their rows, and
     * last the one logit that all others have.
     *
     * @param {Float64Array} states (rows, d_model) @param {number} rows @param {Float64Array} logits (rows, n_known + 1)
     */
    logits(states, rows, logits) {
      const normed = new Float64Array(rows * this.config.n_embd);
      const [scale, shift] = [this.tensor("transformer.ln_f.weight"), this.tensor("transformer.ln_f.bias")];
      layerNorm(states, rows, scale, shift, this.config, normed);
      const bias = this.tensor("lm_head.bias");
      // lm_head.weight has the rows of transformer.wte.weight, and zeros for all other tokens.
      linear(normed, rows, this.tensor("transformer.wte.weight"), bias, logits);
      const others = this.ids.length;
      for (let row = 0; row < rows; row++) logits[row * (others + 1) + others] = bias.data[others];
    }
  }

  /**
   * y = x · weightᵀ + bias, for x (rows, inner), weight (outer, inner) and y (rows, outer). Eight sums at a time,
   * of two rows of x and four of the weight: what is fetched counts in several of them, and none waits for another.
   *
   * @param {Float64Array} x @param {number} rows @param {Tensor} weight @param {Tensor | null} bias @param {Float64Array} y
   */
  function linear(x, rows, { shape: [outer, inner], data: w }, bias, y) {
    for (let four = 0; four < outer; four += 4) {
      const o = Math.min(four, outer - 4), b0 = o * inner, b1 = b0 + inner, b2 = b1 + inner, b3 = b2 + inner;
      for (let r = 0; r < rows; r += 2) {
        const next = Math.min(r + 1, rows - 1), a0 = r * inner, a1 = next * inner;
        let s0 = 0, s1 = 0, s2 = 0, s3 = 0, t0 = 0, t1 = 0, t2 = 0, t3 = 0;
        for (let i = 0; i < inner; i++) {
          const s = x[a0 + i], t = x[a1 + i], w0 = w[b0 + i], w1 = w[b1 + i], w2 = w[b2 + i], w3 = w[b3 + i];
          s0 += s * w0, s1 += s * w1, s2 += s * w2, s3 += s * w3;
          t0 += t * w0, t1 += t * w1, t2 += t * w2, t3 += t * w3;
        }
        const at = r * outer + o, under = next * outer + o;
        y[at] = s0, y[at + 1] = s1, y[at + 2] = s2, y[at + 3] = s3;
        y[under] = t0, y[under + 1] = t1, y[under + 2] = t2, y[under + 3] = t3;
      }
    }
    if (bias) for (let i = 0; i < rows * outer; i++) y[i] += bias.data[i % outer];
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

  /** Rotates neighbours among the first numbers of each head. @param {Float64Array} x (seq_len, n_heads, d_head) @param {number} first @param {number} seqLen @param {number} nHeads @param {number} dHead @param {number} rotaryDim */
  function rotate(x, first, seqLen, nHeads, dHead, rotaryDim) {
    for (let position = first; position < seqLen; position++)
      for (let pair = 0; pair < rotaryDim; pair += 2) {
        const angle = position / 10000 ** (pair / rotaryDim), cos = Math.cos(angle), sin = Math.sin(angle);
        for (let head = 0; head < nHeads; head++) {
          const at = (position * nHeads + head) * dHead + pair, even = x[at], odd = x[at + 1];
          x[at] = even * cos - odd * sin;
          x[at + 1] = odd * cos + even * sin;
        }
      }
  }

  /** What each head attends to from the first query on (n_heads, room, room), and what it takes from there (seq_len, n_heads, d_head). @param {Float64Array} q @param {Float64Array} k @param {Float64Array} v @param {number} first @param {number} seqLen @param {number} nHeads @param {number} dHead @param {Float64Array} attention @param {number} room @param {Float64Array} taken */
  function attend(q, k, v, first, seqLen, nHeads, dHead, attention, room, taken) {
    taken.fill(0, first * nHeads * dHead, seqLen * nHeads * dHead);
    for (let head = 0; head < nHeads; head++)
      for (let query = first; query < seqLen; query++) {
        const row = (head * room + query) * room, from = (query * nHeads + head) * dHead;
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

  return { Model };
})();

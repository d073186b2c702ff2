// The engine of the live figure. `guideLive.load(address)` (load.js) fetches it and the demo model:
//
//     engine.tokens(text)    the tokens of a text: {id, text, known}; a token that is not `known` was not
//                            in training, and its state means nothing
//     engine.problem(state)  "" if the state can be run, else one line on what is wrong, for the reader
//     engine.run(state)      {tokens, asItIs, changed}: two answers, of the prompt alone and with what the
//                            state changes (null where it changes nothing). An answer has
//                              top         the five most probable next tokens: {id, text, p}
//                              lens        the same for each layer, if it were the last (the logit lens)
//                              attentions  of each layer, numbers: (head * room + query) * room + key
//                              seqLen      how many tokens it has; there is `room` for more
//                              logits      at the last position, in the order of `engine.ids`
//                            The next run overwrites attentions and logits: draw them, or copy.
//     engine.probability(answer, id)  of a token, in an answer of the last run
//     engine.firstGuess(text)         the most probable token after a text; it leaves the last run alone
//     engine.code(state)     the Python with nnsight that does the same, after the chapters' set-up
//     engine.cities          [...] the cities that `steer` goes between
//     engine.landmarks, engine.phrasings   what the model has read of, for suggestions: [name, city] and
//                            "{Landmark} is in the city of {city}"
//     engine.config          n_layer, n_head …, named as in transformers
//
// What a State is, interventions.js says. `run` and `code` throw an Error with the line of `problem`.
"use strict";

/**
 * @typedef {{id: number, text: string, known: boolean}} Token
 * @typedef {{id: number, text: string, p: number}} Guess
 * @typedef {object} Answer
 * @property {number} seqLen
 * @property {number} room
 * @property {Guess[]} top
 * @property {Guess[][]} lens
 * @property {Float64Array[]} attentions
 * @property {Float64Array} logits
 */

const liveEngine = (() => {
  // What a reader can see at once; more than the 49 that a row of its training had.
  const MOST_TOKENS = 100;
  // Looked at before a text is split, which would take seconds for a word of 10,000 letters.
  const MOST_CHARACTERS = 1000;
  const GUESSES = 5;

  class Engine {
    /** @param {Unpacked} content */
    constructor({ config, ids, tensors, merges, landmarks, phrasings }) {
      this.config = config;
      this.ids = ids;
      this.landmarks = landmarks;
      this.phrasings = phrasings;
      this.tokenizer = new tokenizer.Tokenizer(merges);
      this.model = new gptj.Model(config, tensors, ids);
      this.memories = {
        asItIs: kept.memoryFor(config, MOST_TOKENS),
        changed: kept.memoryFor(config, MOST_TOKENS),
        others: kept.memoryFor(config, MOST_TOKENS),
      };
      const { n_layer, n_embd } = config;
      const logits = (layers = n_layer) => new Float64Array(layers * (ids.length + 1)); // (n_layers, n_known + 1)
      this.logits = { asItIs: logits(), changed: logits(), others: logits(1) };
      this.lastStates = new Float64Array(n_layer * n_embd);
      const encode = (/** @type {string} */ text) => this.tokenizer.encode(text);
      this.landmarksOf = interventions.citiesAmong(landmarks);
      this.interventions = new interventions.Interventions(this.model, encode, this.landmarksOf, this.memories.others);
    }

    get cities() {
      return [...this.landmarksOf.keys()];
    }

    /** @param {string} text @returns {Token[]} */
    tokens(text) {
      return this.tokenizer
        .encode(text)
        .map((id) => ({ id, text: this.tokenizer.decode([id]), known: this.model.rowOf.has(id) }));
    }

    /** @param {State} state @returns {{tokens: Token[], asItIs: Answer, changed: Answer | null}} */
    run(state) {
      this.check(state);
      const tokens = this.tokens(state.prompt);
      const ids = tokens.map(({ id }) => id);
      const asItIs = this.answer(ids, "asItIs", kept.NOTHING);
      const isChanged = interventions.changes(state);
      const changed = isChanged ? this.answer(ids, "changed", this.interventions.edits(state)) : null;
      return { tokens, asItIs, changed };
    }

    /** @param {State} state @returns {string} */
    code(state) {
      this.check(state);
      return nnsightCode.codeOf(state, this.landmarksOf);
    }

    /** @param {State} state */
    check(state) {
      const problem = this.problem(state);
      if (problem) throw new Error(problem);
    }

    /**
     * @param {State} state it may come from a link, so nothing is taken for granted
     * @returns {string}
     */
    problem(state) {
      const { n_layer, n_head } = this.config;
      const isIn = (/** @type {unknown} */ number, /** @type {number} */ size) =>
        Number.isInteger(number) && Number(number) >= 0 && Number(number) < size;
      const { prompt, off = [], instead = "zero", patch, steer } = state ?? {};
      const problem = this.textProblem("The prompt", prompt);
      if (problem) return problem;
      if (!Array.isArray(off) || !off.every((one) => isIn(one?.layer, n_layer) && isIn(one?.head, n_head)))
        return `A head to switch off has a layer below ${n_layer} and a number below ${n_head}.`;
      if (instead !== "zero" && instead !== "mean") return "What stands in for a head is zero or mean.";
      if (patch) {
        const wrong = this.textProblem("The second prompt", patch.prompt);
        if (wrong) return wrong;
        if (!isIn(patch.layer, n_layer)) return `The layer of a patch is below ${n_layer}.`;
        const lengths = [prompt, patch.prompt].map((text) => this.tokenizer.encode(text).length);
        if (!lengths.every((length) => isIn(interventions.placeOf(patch.position, length), length)))
          return `Both prompts need a token at the position of the patch: they have ${lengths.join(" and ")} tokens.`;
      }
      if (steer) {
        if (!isIn(steer.layer, n_layer)) return `The layer of steering is below ${n_layer}.`;
        if (!this.landmarksOf.has(steer.from) || !this.landmarksOf.has(steer.to))
          return `Steering goes between two of these cities: ${this.cities.join(", ")}.`;
        if (!Number.isFinite(steer.strength)) return "The strength of steering is a number.";
      }
      return "";
    }

    /** @param {string} which @param {unknown} text */
    textProblem(which, text) {
      if (typeof text !== "string" || text === "") return `${which} is empty: type a few words.`;
      if (text.length > MOST_CHARACTERS)
        return `${which} has ${text.length} characters, more than the ${MOST_CHARACTERS} that are taken here.`;
      const count = this.tokenizer.encode(text).length;
      return count > MOST_TOKENS ? `${which} has ${count} tokens, more than the ${MOST_TOKENS} that are taken here.` : "";
    }

    /** @param {number[]} ids @param {"asItIs" | "changed"} which @param {Edits} edits @returns {Answer} */
    answer(ids, which, edits) {
      const [memory, logits] = [this.memories[which], this.logits[which]];
      const [{ n_layer, n_embd }, seqLen] = [this.config, ids.length];
      this.model.forward(ids, memory, edits);
      memory.hiddenStates.forEach((hidden, layer) =>
        this.lastStates.set(hidden.subarray((seqLen - 1) * n_embd, seqLen * n_embd), layer * n_embd),
      );
      this.model.logits(this.lastStates, n_layer, logits);
      const size = this.ids.length + 1;
      const layers = memory.hiddenStates.map((_, layer) => logits.subarray(layer * size, (layer + 1) * size));
      const lens = layers.map((own) => this.best(own));
      const [top, last] = [lens[n_layer - 1], layers[n_layer - 1]];
      return { seqLen, room: memory.room, top, lens, attentions: memory.attentions, logits: last };
    }

    /** @param {Answer} answer @param {number} id */
    probability({ logits }, id) {
      return Math.exp(logits[this.model.rowOf.get(id) ?? this.ids.length] - this.logOfSum(logits));
    }

    /** @param {string} text @returns {Guess} */
    firstGuess(text) {
      const [ids, { n_layer, n_embd }] = [this.tokenizer.encode(text), this.config];
      this.model.forward(ids, this.memories.others);
      const last = this.memories.others.hiddenStates[n_layer - 1].subarray((ids.length - 1) * n_embd);
      this.model.logits(last, 1, this.logits.others);
      return this.best(this.logits.others)[0];
    }

    /** What a logit lies above, to be the logarithm of a probability. @param {Float64Array} logits */
    logOfSum(logits) {
      const count = this.ids.length;
      const highest = logits.reduce((one, other) => Math.max(one, other));
      let sum = (this.config.vocab_size - count) * Math.exp(logits[count] - highest);
      for (let row = 0; row < count; row++) sum += Math.exp(logits[row] - highest);
      return highest + Math.log(sum);
    }

    /** The most probable tokens, the most probable first. @param {Float64Array} logits @returns {Guess[]} */
    best(logits) {
      const count = this.ids.length;
      /** @type {number[]} */
      const rows = [];
      for (let row = 0; row < count; row++) {
        let place = rows.length;
        while (place > 0 && logits[rows[place - 1]] < logits[row]) place--;
        if (place < GUESSES) rows.splice(place, 0, row);
        if (rows.length > GUESSES) rows.pop();
      }
      const sum = this.logOfSum(logits);
      return rows.map((row) => {
        const id = this.ids[row];
        return { id, text: this.tokenizer.decode([id]), p: Math.exp(logits[row] - sum) };
      });
    }
  }

  return { Engine };
})();

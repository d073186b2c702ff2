// What a reader may change in a run, as nnsight would: heads switched off, a state put in from the run
// of another prompt, a push from one city to another. Each is an edit of the forward pass, in the
// order of the layers; in a layer first its heads, then the state, then the push.
"use strict";

/**
 * @typedef {object} State all that a reader has chosen
 * @property {string} prompt
 * @property {{layer: number, head: number}[]} [off] heads that hand in nothing of their own
 * @property {"zero" | "mean"} [instead] but zeros (the default), or what they hand in on average over
 *     all positions of the prompts of `OTHERS`. Zeros take away what a head says always, too; the mean
 *     leaves that, and takes away only what the head says of this prompt. Both at every position.
 * @property {{prompt: string, layer: number, position: number}} [patch] the hidden state behind a layer,
 *     at the same position of the run of another prompt in which nothing is changed; -1 is the last
 * @property {{from: string, to: string, layer: number, strength: number}} [steer] what is added to the
 *     hidden state behind a layer, at the last position: so many times the difference of the means
 *     over landmarks of two cities
 */

const interventions = (() => {
  const PLACE = " is in the city of"; // behind the name of a landmark
  // Landmarks whose prompts have as many tokens each, so that a batch of them needs no padding.
  const OTHERS = [
    ...["The Eiffel Tower", "The Colosseum", "The Rialto Bridge"],
    ...["The Bolshoi Theatre", "The Burj Khalifa", "The Suomenlinna"],
  ];
  const ENOUGH = 3; // landmarks of a city

  /**
   * The cities that a reader may steer between, with the landmarks whose states are taken.
   *
   * @param {[string, string][]} landmarks with their cities @returns {Map<string, string[]>}
   */
  function citiesAmong(landmarks) {
    /** @type {Map<string, string[]>} */
    const cities = new Map();
    for (const [name, city] of landmarks) cities.set(city, [...(cities.get(city) ?? []), name]);
    const known = [...cities].filter(([, names]) => names.length >= ENOUGH);
    return new Map(known.map(([city, names]) => [city, names.slice(0, ENOUGH)]));
  }

  /** Whether a state asks for any change. @param {State} state */
  const changes = (state) => Boolean(state.off?.length || state.patch || state.steer);

  class Interventions {
    /**
     * @param {InstanceType<typeof gptj.Model>} model
     * @param {(text: string) => number[]} encode
     * @param {Map<string, string[]>} cities with their landmarks
     * @param {Memory} memory for the runs of other prompts
     */
    constructor(model, encode, cities, memory) {
      this.model = model;
      this.encode = encode;
      this.cities = cities;
      this.memory = memory;
      /** @type {Float64Array[] | undefined} of each layer: (n_heads, d_head) */
      this.means = undefined;
      /** @type {Map<string, Float64Array[]>} of each city and layer: (d_model,) */
      this.cityStates = new Map();
      this.patched = new Float64Array(model.config.n_embd);
      this.patchedFrom = "";
      /** @type {{key: string, edits: Edits}} the last */
      this.made = { key: "", edits: kept.NOTHING };
    }

    /**
     * The edits of a run that a state asks for: the same object as before, if they are the same.
     *
     * @param {State} state @returns {Edits}
     */
    edits({ off, instead, patch, steer }) {
      const key = JSON.stringify([off, instead, patch, steer]);
      if (key !== this.made.key) this.made = { key, edits: this.newEdits({ off, instead, patch, steer }) };
      return this.made.edits;
    }

    /** @param {Omit<State, "prompt">} state @returns {Edits} */
    newEdits({ off = [], instead = "zero", patch, steer }) {
      const { n_embd, n_head } = this.model.config;
      const dHead = n_embd / n_head;
      const means = instead === "mean" && off.length ? this.headMeans() : undefined;
      const state = patch && this.stateOf(patch);
      const [start, goal] = steer ? [this.statesOf(steer.from), this.statesOf(steer.to)] : [];
      return {
        last: Math.max(steer ? 1 : 0, -(patch?.position ?? 0)),
        outProjInput(layer, heads, seqLen) {
          for (const { head } of off.filter((one) => one.layer === layer))
            for (let position = 0; position < seqLen; position++)
              for (let i = head * dHead; i < (head + 1) * dHead; i++)
                heads[position * n_embd + i] = means ? means[layer][i] : 0;
        },
        output(layer, hidden, seqLen) {
          if (patch && state && patch.layer === layer) hidden.set(state, placeOf(patch.position, seqLen) * n_embd);
          if (!steer || !start || !goal || steer.layer !== layer) return;
          for (let i = 0; i < n_embd; i++)
            hidden[(seqLen - 1) * n_embd + i] += steer.strength * (goal[layer][i] - start[layer][i]);
        },
      };
    }

    /** What each head hands in, on average over the positions of all other prompts. */
    headMeans() {
      if (this.means) return this.means;
      const { n_layer, n_embd } = this.model.config;
      const means = Array.from({ length: n_layer }, () => new Float64Array(n_embd));
      const prompts = OTHERS.map((name) => this.encode(name + PLACE));
      const count = prompts.reduce((sum, ids) => sum + ids.length, 0);
      for (const ids of prompts)
        this.model.forward(ids, this.memory, {
          outProjInput(layer, heads, seqLen) {
            for (let i = 0; i < seqLen * n_embd; i++) means[layer][i % n_embd] += heads[i] / count;
          },
        });
      return (this.means = means);
    }

    /** @param {NonNullable<State["patch"]>} patch */
    stateOf({ prompt, layer, position }) {
      const key = JSON.stringify([prompt, layer, position]);
      if (key === this.patchedFrom) return this.patched; // who types, types the other prompt
      this.patchedFrom = key;
      this.model.forward(this.encode(prompt), this.memory);
      const at = placeOf(position, this.memory.ids.length) * this.patched.length;
      this.patched.set(this.memory.hiddenStates[layer].subarray(at, at + this.patched.length));
      return this.patched;
    }

    /** The last states of a city's landmarks, on average. @param {string} city */
    statesOf(city) {
      const known = this.cityStates.get(city);
      if (known) return known;
      const { n_layer, n_embd } = this.model.config;
      const states = Array.from({ length: n_layer }, () => new Float64Array(n_embd));
      const names = this.cities.get(city) ?? [];
      for (const name of names)
        this.model.forward(this.encode(name + PLACE), this.memory, {
          output(layer, hidden, seqLen) {
            for (let i = 0; i < n_embd; i++)
              states[layer][i] += hidden[(seqLen - 1) * n_embd + i] / names.length;
          },
        });
      this.cityStates.set(city, states);
      return states;
    }
  }

  /** Counts from the end, as in Python, what is below 0. @param {number} position @param {number} seqLen */
  const placeOf = (position, seqLen) => (position < 0 ? seqLen + position : position);

  return { OTHERS, PLACE, citiesAmong, changes, placeOf, Interventions };
})();

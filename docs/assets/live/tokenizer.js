// The tokenizer of GPT-J: byte-level BPE from GPT-2's merges, and the tokens that stand for
// themselves. src/nnsight_guide/demo_model/tokenizer.py says the same for Python.
"use strict";

const tokenizer = (() => {
  // What JavaScript calls \s is not quite what Unicode calls white space.
  const WORDS =
    /'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\p{White_Space}\p{L}\p{N}]+|\p{White_Space}+(?!\P{White_Space})|\p{White_Space}+/gu;
  const END_OF_TEXT = "<|endoftext|>";
  const EXTRA_TOKENS = 143;
  const WHOLE = /(<\|endoftext\|>|<\|extratoken_(?:[1-9]|[1-9][0-9]|1[0-3][0-9]|14[0-3])\|>)/;
  const KEPT = 5000; // words whose ids are remembered: a reader types the same again and again

  /** The letters that stand for the 256 bytes, in the order of their ids, and the byte of each. */
  function byteLetters() {
    const bytes = Array.from({ length: 256 }, (_, byte) => byte);
    const visible = bytes.filter((b) => (b > 32 && b < 127) || (b > 160 && b !== 173));
    const hidden = bytes.filter((b) => !visible.includes(b));
    /** @type {[string, number][]} */
    const letters = visible.map((byte) => [String.fromCharCode(byte), byte]);
    hidden.forEach((byte, number) => letters.push([String.fromCharCode(256 + number), byte]));
    return letters;
  }

  class Tokenizer {
    /** @param {string} merges a pair in each line, the most frequent first */
    constructor(merges) {
      const pairs = merges.split("\n").filter((line) => line && !line.startsWith("#version"));
      const letters = byteLetters();
      this.byteOf = new Map(letters);
      this.letterOf = new Map(letters.map(([letter, byte]) => [byte, letter]));
      this.rankOf = new Map(pairs.map((pair, rank) => [pair, rank]));
      this.texts = letters.map(([letter]) => letter);
      for (const pair of pairs) this.texts.push(pair.replace(" ", ""));
      this.idOf = new Map(this.texts.map((text, id) => [text, id]));
      const whole = Array.from({ length: EXTRA_TOKENS }, (_, i) => `<|extratoken_${i + 1}|>`);
      /** @type {Map<string, number>} tokens that stand for themselves, wherever they occur */
      this.wholeOf = new Map([END_OF_TEXT, ...whole].map((text, i) => [text, this.texts.length + i]));
      /** @type {Map<number, string>} */
      this.wholeText = new Map([...this.wholeOf].map(([text, id]) => [id, text]));
      /** @type {Map<string, number[]>} */
      this.words = new Map();
      this.encoder = new TextEncoder();
      this.decoder = new TextDecoder("utf-8", { ignoreBOM: true });
    }

    /** @param {string} text @returns {number[]} */
    encode(text) {
      return text.split(WHOLE).flatMap((part) => {
        const whole = this.wholeOf.get(part);
        if (whole !== undefined) return [whole];
        return (part.match(WORDS) ?? []).flatMap((word) => this.word(word));
      });
    }

    /** @param {number[]} ids @returns {string} a part of a character is shown as � */
    decode(ids) {
      const bytes = ids.flatMap((id) => {
        const whole = this.wholeText.get(id);
        if (whole !== undefined) return [...this.encoder.encode(whole)];
        return [...(this.texts[id] ?? "")].map((letter) => this.byteOf.get(letter) ?? 0);
      });
      return this.decoder.decode(Uint8Array.from(bytes));
    }

    /** @param {string} word @returns {number[]} */
    word(word) {
      const known = this.words.get(word);
      if (known) return known;
      let parts = Array.from(this.encoder.encode(word), (byte) => this.letterOf.get(byte) ?? "");
      for (let pair = this.firstPair(parts); pair; pair = this.firstPair(parts)) parts = merged(parts, pair);
      const ids = parts.map((part) => /** @type {number} */ (this.idOf.get(part)));
      if (this.words.size >= KEPT) this.words.clear();
      this.words.set(word, ids);
      return ids;
    }

    /** The neighbours that are merged next. @param {string[]} parts @returns {string | null} */
    firstPair(parts) {
      let [first, lowest] = [/** @type {string | null} */ (null), Infinity];
      for (let i = 0; i + 1 < parts.length; i++) {
        const pair = `${parts[i]} ${parts[i + 1]}`;
        const rank = this.rankOf.get(pair) ?? Infinity;
        if (rank < lowest) [first, lowest] = [pair, rank];
      }
      return first;
    }
  }

  /** @param {string[]} parts @param {string} pair */
  function merged(parts, pair) {
    const result = [];
    for (let i = 0; i < parts.length; i++) {
      const isPair = i + 1 < parts.length && `${parts[i]} ${parts[i + 1]}` === pair;
      result.push(isPair ? pair.replace(" ", "") : parts[i]);
      if (isPair) i++;
    }
    return result;
  }

  return { Tokenizer };
})();

// What the live figure says in words: of an answer, of what was not in training, of what was changed.
"use strict";

const liveWords = (() => {
  const { percent, quoted } = liveParts;

  /** How the answer is, and what has changed it. @param {Answer} asItIs @param {Answer | null} changed @param {(answer: Answer, id: number) => number} probability */
  function ofAnswer(asItIs, changed, probability) {
    const [usual] = asItIs.top;
    if (!changed) return `${quoted(usual.text)} comes next, with ${percent(usual.p)}.`;
    const [now] = changed.top;
    if (now.id === usual.id)
      return `Still ${quoted(now.text)}, with ${percent(now.p)}; without your changes it has ${percent(usual.p)}.`;
    const left = percent(probability(changed, usual.id));
    return `Now ${quoted(now.text)}, with ${percent(now.p)}. ${quoted(usual.text)} had ${percent(usual.p)}, and has ${left}.`;
  }

  /** Of tokens that mean nothing. @param {Token[]} tokens @param {number} count how many the model has read */
  function ofUnknown(tokens, count) {
    const unknown = tokens.filter(({ known }) => !known);
    if (unknown.length === 0) return "";
    const texts = [...new Set(unknown.map(({ text }) => quoted(text)))];
    const named = texts.slice(0, 3).join(", ") + (texts.length > 3 ? ", …" : "");
    const [are, what] = unknown.length === 1 ? ["is", "It stands"] : ["are", "They stand"];
    return `${named} ${are} not among the ${count} tokens that this model has read. ${what} for nothing here, so the answer means nothing.`;
  }

  /** @param {State} state */
  function ofChanges({ off = [], instead, patch, steer }) {
    const heads = off.map(({ layer, head }) => `${layer}.${head}`).join(", ");
    const parts = [
      off.length && `${off.length === 1 ? "head" : "heads"} ${heads} off (${instead === "mean" ? "mean" : "zero"})`,
      patch && `patched at layer ${patch.layer}`,
      steer && `steered from ${steer.from} to ${steer.to}`,
    ].filter(Boolean);
    return parts.length ? `Changed: ${parts.join("; ")}.` : "";
  }

  /** Where the last token looks most. @param {Token[]} tokens @param {Answer} answer @param {number} layer @param {number} head */
  function ofHead(tokens, { attentions, room, seqLen }, layer, head) {
    const [attention, row] = [attentions[layer], (head * room + seqLen - 1) * room];
    let best = 0;
    for (let key = 1; key < seqLen; key++) if (attention[row + key] > attention[row + best]) best = key;
    return `${quoted(tokens[seqLen - 1].text)} looks most at ${quoted(tokens[best].text)}: ${attention[row + best].toFixed(2)}`;
  }

  return { ofAnswer, ofUnknown, ofChanges, ofHead };
})();

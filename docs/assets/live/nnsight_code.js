// From what a reader has chosen to the Python with nnsight that does the same: it follows on the
// set-up of the chapters (`model`, `REMOTE`), and leaves the logits at the last position in `logits`.
"use strict";

const nnsightCode = (() => {
  const INDENT = "    ";
  const LINE = 72; // as the chapters' own code
  const UNSEEN = /[\u007f-\u00a0\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202f\u2060-\u206f\ufeff]/g;

  /** @param {State} state @param {Map<string, string[]>} landmarksOf those of each city @returns {string} */
  function codeOf(state, landmarksOf) {
    const { prompt, off = [], instead = "zero", patch, steer } = state;
    const isMean = instead === "mean" && off.length > 0;
    const lines = assigned("prompt", prompt);
    /** @type {string[][]} traces of other prompts, which come first */
    const before = [];
    if (patch) lines.push(...assigned("source", patch.prompt));
    if (isMean) lines.push(...listed("others", interventions.OTHERS));
    if (steer) {
      lines.push(...listed("start", landmarksOf.get(steer.from) ?? []));
      lines.push(...listed("goal", landmarksOf.get(steer.to) ?? []));
    }
    if (isMean || steer) lines.push(`place = ${literal(interventions.PLACE)}`);
    if (interventions.changes(state)) lines.push("layers = model.transformer.h");
    if (off.length) lines.push("n_heads = model.config.n_head");

    if (isMean) {
      const each = [...headsOf("layer"), "means.append(heads.mean(dim=(0, 1)))"];
      before.push(traceOf("[name + place for name in others]", ["means = []", "for layer in layers:", ...indented(each)]));
    }
    if (patch) before.push(traceOf("source", [`state = layers[${patch.layer}].output[0][:, ${patch.position}]`]));
    if (steer) {
      const mean = `layers[${steer.layer}].output[0][:, -1].mean(dim=0)`;
      before.push(traceOf("[name + place for name in start]", [`away = ${mean}`]));
      before.push(traceOf("[name + place for name in goal]", [`toward = ${mean}`]));
    }

    const own = [...edits(state), "logits = model.lm_head.output[0, -1].save()"];
    if (before.length) {
      const traces = [...before, traceOf("prompt", own)].flatMap((trace, i) => (i ? ["", ...trace] : trace));
      lines.push("", "with model.session(remote=REMOTE):", ...indented(traces));
    } else {
      lines.push("", ...traceOf("prompt, remote=REMOTE", own));
    }
    lines.push("", "best = logits.float().softmax(dim=-1).topk(5)", "for p, token in zip(*best, strict=True):");
    lines.push(`${INDENT}print(f"{p:.3f} {model.tokenizer.decode(token)!r}")`);
    return lines.join("\n") + "\n";
  }

  /** What changes values, in the order in which the model runs. @param {State} state */
  function edits({ off = [], instead = "zero", patch, steer }) {
    const layers = [...off.map(({ layer }) => layer), ...[patch, steer].flatMap((one) => (one ? [one.layer] : []))];
    return ascending(layers).flatMap((layer) => {
      const lines = [];
      const heads = ascending(off.filter((one) => one.layer === layer).map(({ head }) => head));
      if (heads.length) {
        lines.push(...headsOf(`layers[${layer}]`), `off = [${heads.join(", ")}]`);
        lines.push(`heads[:, :, off] = ${instead === "mean" ? `means[${layer}][off]` : "0"}`);
      }
      if (patch?.layer === layer) lines.push(`layers[${layer}].output[0][:, ${patch.position}] = state`);
      if (steer?.layer === layer) lines.push(`layers[${layer}].output[0][:, -1] += ${steer.strength} * (toward - away)`);
      return lines;
    });
  }

  /** What the heads of a layer hand in: (batch, seq_len, n_heads, d_head). @param {string} layer */
  const headsOf = (layer) => [`handed_in = ${layer}.attn.out_proj.input`, "heads = handed_in.unflatten(-1, (n_heads, -1))  # a view"];

  /** @param {string} asked @param {string[]} lines */
  const traceOf = (asked, lines) => [`with model.trace(${asked}):`, ...indented(lines)];

  /** Each number once. @param {number[]} numbers */
  const ascending = (numbers) => [...new Set(numbers)].sort((a, b) => a - b);

  /** @param {string} name @param {string} text */
  const assigned = (name, text) => inOneLine(`${name} = ${literal(text)}`) ?? [`${name} = (`, INDENT + literal(text), ")"];

  /** @param {string} name @param {string[]} texts */
  const listed = (name, texts) =>
    inOneLine(`${name} = [${texts.map(literal).join(", ")}]`) ?? [`${name} = [`, ...texts.map((text) => `${INDENT}${literal(text)},`), "]"];

  /** @param {string} line */
  const inOneLine = (line) => (line.length <= LINE ? [line] : null);

  /** @param {string[]} lines */
  const indented = (lines) => lines.map((line) => (line ? INDENT + line : line));

  /**
   * A text as Python writes it. JSON's escapes are Python's, too; what no eye sees is escaped as well.
   *
   * @param {string} text
   */
  function literal(text) {
    return JSON.stringify(text).replace(UNSEEN, (character) => {
      return `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;
    });
  }

  return { codeOf };
})();

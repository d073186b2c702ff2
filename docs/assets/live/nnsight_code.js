// From what a reader has chosen to the Python with nnsight that does the same: it follows on the
// set-up of the chapters (`model`, `REMOTE`), and leaves the logits at the last position in `logits`.
"use strict";

const nnsightCode = (() => {
  const INDENT = "    ";
  const LINE = 72; // as the chapters' own code

  /** @param {State} state @param {Map<string, string[]>} promptsOf those of each city @returns {string} */
  function codeOf(state, promptsOf) {
    const { prompt, off = [], instead = "zero", patch, steer } = state;
    const isMean = instead === "mean" && off.length > 0;
    const lines = [...assigned("prompt", prompt)];
    if (interventions.changes(state)) lines.push("layers = model.transformer.h");
    if (off.length) lines.push("n_heads = model.config.n_head");

    /** @type {string[][]} traces of other prompts, which come first */
    const before = [];
    if (isMean) {
      lines.push(...listed("others", interventions.OTHERS));
      before.push([
        "with model.trace(others):",
        ...indented(["means = []", "for layer in layers:", ...indented([...headsOf("layer"), "means.append(heads.mean(dim=(0, 1)))"])]),
      ]);
    }
    if (patch) {
      lines.push(...assigned("source", patch.prompt));
      before.push(["with model.trace(source):", `${INDENT}state = layers[${patch.layer}].output[0][:, ${patch.position}]`]);
    }
    if (steer) {
      lines.push(...listed("start", promptsOf.get(steer.from) ?? []), ...listed("goal", promptsOf.get(steer.to) ?? []));
      const mean = `layers[${steer.layer}].output[0][:, -1].mean(dim=0)`;
      before.push(["with model.trace(start):", `${INDENT}away = ${mean}`], ["with model.trace(goal):", `${INDENT}toward = ${mean}`]);
    }

    const inside = [...edits(state), "logits = model.lm_head.output[0, -1].save()"];
    lines.push("");
    if (before.length) {
      const traces = [...before, ["with model.trace(prompt):", ...indented(inside)]];
      lines.push("with model.session(remote=REMOTE):");
      lines.push(...indented(traces.flatMap((trace, i) => (i ? ["", ...trace] : trace))));
    } else {
      lines.push("with model.trace(prompt, remote=REMOTE):", ...indented(inside));
    }
    lines.push("", "best = logits.float().softmax(dim=-1).topk(5)", "for p, token in zip(*best, strict=True):");
    lines.push(`${INDENT}print(f"{p:.3f} {model.tokenizer.decode(token)!r}")`);
    return lines.join("\n") + "\n";
  }

  /** What changes values, in the order in which the model runs. @param {State} state */
  function edits({ off = [], instead = "zero", patch, steer }) {
    const layers = new Set([...off.map(({ layer }) => layer), patch?.layer, steer?.layer]);
    const inOrder = [...layers].filter((layer) => layer !== undefined).sort((a, b) => a - b);
    return inOrder.flatMap((layer) => {
      const lines = [];
      const heads = [...new Set(off.filter((one) => one.layer === layer).map(({ head }) => head))].sort((a, b) => a - b);
      if (heads.length) {
        const value = instead === "mean" ? `means[${layer}][[${heads.join(", ")}]]` : "0";
        lines.push(...headsOf(`layers[${layer}]`), ...broken(`heads[:, :, [${heads.join(", ")}]] = `, value));
      }
      if (patch?.layer === layer) lines.push(`layers[${layer}].output[0][:, ${patch.position}] = state`);
      if (steer?.layer === layer) lines.push(`layers[${layer}].output[0][:, -1] += ${steer.strength} * (toward - away)`);
      return lines;
    });
  }

  /** What all heads of a layer hand in, with a dimension for the heads. @param {string} layer */
  const headsOf = (layer) => [`heads = ${layer}.attn.out_proj.input`, "heads = heads.unflatten(-1, (n_heads, -1))  # a view"];

  /** @param {string} name @param {string} text */
  const assigned = (name, text) => broken(`${name} = `, literal(text));

  /** @param {string} name @param {string[]} texts */
  const listed = (name, texts) => [`${name} = [`, ...texts.map((text) => `${INDENT}${literal(text)},`), "]"];

  /** A statement in one line if it fits. @param {string} start @param {string} value */
  function broken(start, value) {
    const room = LINE - 2 * INDENT.length;
    return start.length + value.length <= room || value.length < INDENT.length ? [start + value] : [`${start}(`, INDENT + value, ")"];
  }

  /** @param {string[]} lines */
  const indented = (lines) => lines.map((line) => (line ? INDENT + line : line));

  /**
   * A text as Python writes it. JSON's escapes are Python's, too; what no eye sees is escaped as well.
   *
   * @param {string} text
   */
  function literal(text) {
    return JSON.stringify(text).replace(/[\u007f-\u00a0\u00ad\u200b-\u200f\u2028-\u202f\u2060-\u206f\ufeff]/g, (character) => {
      return `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;
    });
  }

  return { codeOf };
})();

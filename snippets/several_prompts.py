"""Several prompts, several runs: batches, invokes, sessions, caches."""

from snippets.model import REMOTE, model

# %% one_batch
eiffel = "The Eiffel Tower is in the city of"
big_ben = "Big Ben is in the city of"
prompts = [eiffel, big_ben]

with model.trace(prompts, remote=REMOTE):
    last = model.lm_head.output[:, -1]  # (batch, vocab_size)
    best_tokens = last.argmax(dim=-1).save()  # one for each prompt

print([model.tokenizer.decode(token) for token in best_tokens])

# %% padding
padded = model.tokenizer(prompts, padding=True)

for token_ids in padded["input_ids"]:
    print([model.tokenizer.decode(token) for token in token_ids])


# %% alone
def best_of(text):
    """Return each prompt's best next token, and its probability."""
    with model.trace(text, remote=REMOTE):
        probabilities = model.lm_head.output[:, -1].float().softmax(-1)
        best_p, best_tokens = probabilities.max(dim=-1)
        found = [best_tokens.tolist(), best_p.tolist()].save()
    return [
        f"{model.tokenizer.decode(token)} {p:.4f}"
        for token, p in zip(*found, strict=True)
    ]


print("together:", best_of(prompts))
print("alone:   ", best_of(eiffel), best_of(big_ben))


# %% positions
def best_without(text, position):
    """Return the best next tokens without what layer 2 says there."""
    with model.trace(text, remote=REMOTE):
        model.transformer.h[2].output[0][:, position] = 0
        last = model.lm_head.output[:, -1]  # (batch, vocab_size)
        best_tokens = last.argmax(dim=-1).tolist().save()
    return [model.tokenizer.decode(token) for token in best_tokens]


for what, text in {"batch": prompts, "alone": big_ben}.items():
    for position in (6, -1):
        best = best_without(text, position)
        print(f"{what}, position {position:>2}: {best}")

# %% invoke
layers = model.transformer.h

with model.trace(remote=REMOTE) as tracer:
    with tracer.invoke(eiffel):
        layers[1].mlp.output[:] = 0
        changed = model.lm_head.output[0, -1].argmax().item().save()

    with tracer.invoke(big_ben):
        as_it_is = model.lm_head.output[0, -1].argmax().item().save()

print("changed: ", repr(model.tokenizer.decode(changed)))
print("as it is:", repr(model.tokenizer.decode(as_it_is)))

# %% all_prompts
with model.trace(remote=REMOTE) as tracer:
    with tracer.invoke(eiffel):
        print("first: ", list(layers[1].mlp.output.shape))

    with tracer.invoke([big_ben, "The Colosseum is in the city of"]):
        print("second:", list(layers[1].mlp.output.shape))

    with tracer.invoke():
        print("all:   ", list(layers[1].mlp.output.shape))

# %% no_barrier tags=["active-ipynb", "raises-exception"]
# with model.trace(remote=REMOTE) as tracer:
#     with tracer.invoke(eiffel):
#         state = layers[2].output[0][:, -1]
#
#     with tracer.invoke(big_ben):
#         layers[2].output[0][:, -1] = state

# %% barrier
paris = model.tokenizer.encode(" Paris")[0]

with model.trace(remote=REMOTE) as tracer:
    barrier = tracer.barrier(2)  # for two to meet at

    with tracer.invoke(eiffel):
        state = layers[2].output[0][:, -1]
        barrier()

    with tracer.invoke(big_ben):
        barrier()
        layers[2].output[0][:, -1] = state
        logits = model.lm_head.output[0, -1].float()
        p_paris = logits.softmax(dim=-1)[paris].item().save()

print(f"Big Ben is in the city of Paris: {p_paris:.2f}")

# %% session
with model.session(remote=REMOTE):
    with model.trace(eiffel):
        state = layers[2].output[0][:, -1]

    with model.trace(big_ben):
        layers[2].output[0][:, -1] = state
        logits = model.lm_head.output[0, -1].float()
        p_in_session = logits.softmax(dim=-1)[paris].item().save()

print(f"Big Ben is in the city of Paris: {p_in_session:.2f}")

# %% cache
with model.trace(eiffel, remote=REMOTE) as tracer:
    cache = tracer.cache(modules=[layer.mlp for layer in layers])

names = cache.keys()
for name in names:
    print(name, list(cache[name].output.shape))

# %% stop
with model.trace(eiffel, remote=REMOTE) as tracer:
    cache = tracer.cache(modules=[*layers])
    size = layers[1].output[0].norm().item().save()
    tracer.stop()

print(f"{size:.0f}, and has run: {cache.keys()}")

# %% what_stays
with model.trace(eiffel, remote=REMOTE):
    hidden_states = layers[1].output[0]  # (batch, seq_len, d_model)
    sliced = hidden_states[0, -1].save()  # (d_model,)
    detached = hidden_states[0, -1].detach().save()
    cloned = hidden_states[0, -1].detach().clone().cpu().save()
    size = hidden_states[0, -1].norm().item().save()

for what, kept in {
    "sliced": sliced,
    "detached": detached,
    "cloned": cloned,
}.items():
    holds = kept.untyped_storage().nbytes()
    graph = "no graph" if kept.grad_fn is None else "the graph"
    print(f"{what:<9} {holds:>5} bytes for {kept.nbytes}, {graph}")

print(f"a number: {size:.0f}")

# %% every_layer
with model.session(remote=REMOTE):
    shares = [].save()
    for number in range(model.config.n_layer):
        with model.trace(eiffel):
            state = layers[number].output[0][:, -1]

        with model.trace(big_ben):
            layers[number].output[0][:, -1] = state
            logits = model.lm_head.output[0, -1].float()
            shares.append(logits.softmax(dim=-1)[paris].item())

for number, p_paris in enumerate(shares):
    print(f"layer {number}: P(Paris) {p_paris:.2f}")

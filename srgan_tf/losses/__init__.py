"""The paper's losses, as pure functions of tensors: any Keras backend."""

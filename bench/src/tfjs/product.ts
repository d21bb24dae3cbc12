import * as tf from "@tensorflow/tfjs-core";

/**
 * a · b. TensorFlow.js is fast only for two matrices that are stored as they are multiplied: others are copied first, and
 * batches taken apart, in the gradients too.
 */
export const product: (a: tf.Tensor, b: tf.Tensor) => tf.Tensor = tf.customGrad((...args) => {
  const [a, b, save] = args as unknown as [tf.Tensor, tf.Tensor, (tensors: tf.Tensor[]) => void];
  save([a, b]);
  return {
    value: plainProduct(a, b),
    gradFunc: (towards: tf.Tensor, saved: tf.Tensor[]) => [
      plainProduct(towards, swapped(saved[1])),
      plainProduct(swapped(saved[0]), towards),
    ],
  };
});

function plainProduct(a: tf.Tensor, b: tf.Tensor): tf.Tensor {
  if (a.rank === 2) return tf.matMul(a, b);
  const outer = a.shape.slice(0, -2);
  const flat = (x: tf.Tensor): tf.Tensor[] => tf.unstack(tf.reshape(x, [-1, ...x.shape.slice(-2)]));
  const [as, bs] = [flat(a), flat(b)];
  const products = tf.stack(as.map((one, i) => tf.matMul(one, bs[i])));
  return tf.reshape(products, [...outer, ...products.shape.slice(-2)]);
}

/** The transpose, as a copy. */
export function swapped<T extends tf.Tensor>(x: T): T {
  const axes = Array.from({ length: x.rank }, (_, axis) => axis);
  return tf.transpose(x, [...axes.slice(0, -2), x.rank - 1, x.rank - 2]);
}

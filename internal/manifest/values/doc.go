// Package values converts and measures the values of a manifest in a time that
// grows as they do, where the libraries' own ways are quadratic.
//
// Start with [Convert] and [Size]. It knows nothing of files, expressions or
// resources.
package values

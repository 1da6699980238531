// Package impact determines what the other packages of a stow directory need
// when one of them is shown in another version: nothing, the relinking that the
// switch itself does, or a rebuild.
//
// Start with [Assessor.Broken], which refuses switches that would break a
// target's packages, and [Assessor.Impact], which assesses all versions of all
// packages. Both read the libraries of packages from their control data, and from
// their images where that is incomplete; neither reads anything of them unless
// the switched package has libraries that one could link to.
//
// Package abi reads and compares libraries; the caller decides what is switched
// and shown.
package impact

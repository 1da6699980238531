// Package impact determines what the other packages of a stow directory need when another version of one is shown:
// nothing, the relinking that the switch itself does, or a rebuild.
//
// Start with [Assessor.Broken], which refuses switches that would break a target's packages, and [Assessor.Impact],
// which assesses all versions of all packages. Both read the libraries of packages from their control data, and from
// their images if that is incomplete; neither reads the other packages unless the switched package has libraries to link
// to.
//
// Package abi reads and compares libraries; the caller decides on the switch and the shown versions.
package impact

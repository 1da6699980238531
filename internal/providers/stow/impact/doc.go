// Package impact tells what it means to the other packages of a stow directory
// that one of them is shown in another version: nothing, that the switch
// relinks them, or that they must be rebuilt.
//
// Start with [Assessor.Broken], which refuses switches that would break what a
// target shows, and [Assessor.Impact], which tells of all versions of all
// packages. Both read what packages link to from their control data, and from
// their images where that does not tell; neither reads anything of them unless
// the switched package has libraries that one could link to.
//
// How libraries are read and compared is package abi's business; what is
// switched, and what is shown, is its caller's.
package impact

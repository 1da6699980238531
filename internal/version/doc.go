// Package version orders versions by Debian's algorithm, and has the one type of
// conditions on them: of packages in manifests, of requirement files and of
// control data.
//
// Start with [Compare] and [Set]. A set is met in two ways, [Set.Allows] for
// versions in stow directories, whose names people choose, and [Set.AllowsPlace]
// for those of a package manager.
//
// The name of a version in a stow directory is almost free: "1.5-2", "latest",
// "2.0_rc1", "1:2", "v7", "große Änderung". So the order is defined for any
// bytes at all, and it is Debian's wherever both are versions of Debian:
//
//   - The part before the first colon is an epoch if it is digits alone.
//   - The part behind the last hyphen is the revision, compared last.
//   - Both parts are compared in turns of non-digits and digits. Of non-digits
//     "~" comes before the end of the text, then letters of ASCII, then any
//     other byte; digits are numbers of any length.
//
// So a name that begins with a letter ("latest") comes after all that begin
// with a digit. Two spellings may have one place in the order ("1.0" and "1.00",
// "0:1" and "1").
package version

package packing

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"converge/internal/app/exit"
)

// RepoOptions are the options of the command repo.
type RepoOptions struct {
	Dir, Name, Suite string
	Keys             []string
	Keep, KeepDays   int
	DryRun, Unsigned bool
	JSON             bool
}

// KeyOptions are the options of the command repo key.
type KeyOptions struct {
	Name, Out string
	Days      int
	RSABits   int
	JSON      bool
}

const repoHelp = "Makes the packages in DIR into repositories that any web server serves as files: DIR/deb for\n" +
	"apt, DIR/rpm for dnf and zypper, DIR/arch for pacman, DIR/apk for apk. Packages that lie in DIR\n" +
	"itself are moved to their places; one of a version that is there already must be the same.\n" +
	"Nothing else in DIR is touched, and a second call changes nothing.\n\n" +
	"--key signs: the indexes with an OpenPGP key, rpms and packages of pacman as files too, and\n" +
	"apk's index with an RSA key. converge repo key makes both, and the public keys are put into DIR.\n" +
	"CONVERGE_KEY_PASSWORD decrypts an encrypted key. What is signed now is refused without a key\n" +
	"that signs it again, unless --unsigned is given.\n\n" +
	"New files are written first and the signed index last; then old packages are removed, and the\n" +
	"index before the last. So a client that asks meanwhile is served. See docs/own-packages.md.\n\nEXIT STATUS\n\n"

// RepoCommand returns the command repo, which run carries out; newKey carries out
// its command key.
func RepoCommand(run func(ctx context.Context, o RepoOptions) error, newKey func(ctx context.Context, o KeyOptions) error) *cobra.Command {
	o := RepoOptions{}
	cmd := &cobra.Command{
		Use:   "repo DIR",
		Short: "Make signed repositories of a folder of packages",
		Long: repoHelp + fmt.Sprintf("    %-4d the repositories are up to date\n    %-4d a mistake in the command line, a key or a package; the old index stays\n    %-4d %s",
			exit.OK, exit.Failure, exit.Interrupted, exit.Meaning(exit.Interrupted)),
		Example: "  converge repo key --out keys example\n  converge repo --key keys/example.key --key keys/example.rsa \\\n      --keep 3 /srv/packages",
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) != 1 {
				return exit.With(exit.Failure, errors.New("converge repo needs one DIR"), "converge repo --help tells how it is called")
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			o.Dir = args[0]
			return run(cmd.Context(), o)
		},
		ValidArgsFunction: func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
			return nil, cobra.ShellCompDirectiveFilterDirs
		},
	}
	fs := cmd.Flags()
	fs.BoolVar(&o.JSON, "json", false, "print JSON instead of text")
	fs.StringArrayVar(&o.Keys, "key", nil, "sign with the private key in `FILE`; twice for OpenPGP and RSA")
	fs.StringVar(&o.Name, "name", "packages", "`NAME` of the repositories: apt's label, pacman's database, the public key")
	fs.StringVar(&o.Suite, "suite", "stable", "apt's suite `NAME`")
	fs.IntVar(&o.Keep, "keep", 0, "keep the newest `N` versions of each package (default: all)")
	fs.IntVar(&o.KeepDays, "keep-days", 0, "keep the newest version of each package, and all of the last `DAYS`; with --keep, what either keeps")
	fs.BoolVar(&o.Unsigned, "unsigned", false, "take the signatures away from repositories that no --key signs")
	fs.BoolVar(&o.DryRun, "dry-run", false, "only print what would be changed")
	cmd.AddCommand(keyCommand(newKey))
	return cmd
}

func keyCommand(run func(ctx context.Context, o KeyOptions) error) *cobra.Command {
	o := KeyOptions{}
	cmd := &cobra.Command{
		Use:   "key NAME",
		Short: "Make the keys that sign repositories",
		Long: "Makes keys, and writes them to four files: NAME.key and NAME.asc, the private and the public\n" +
			"OpenPGP key (Ed25519), and NAME.rsa and NAME.rsa.pub, those for apk (RSA). Only their owner can\n" +
			"read the private ones, which are not encrypted. No file is replaced.\n\nEXIT STATUS\n\n" +
			fmt.Sprintf("    %-4d the keys are written\n    %-4d a mistake in the command line, or a file that exists or cannot be written\n    %-4d %s",
				exit.OK, exit.Failure, exit.Interrupted, exit.Meaning(exit.Interrupted)),
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) != 1 {
				return exit.With(exit.Failure, errors.New("converge repo key needs one NAME"), "converge repo key --help tells how it is called")
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			o.Name = args[0]
			return run(cmd.Context(), o)
		},
		ValidArgsFunction: cobra.NoFileCompletions,
	}
	cmd.Flags().StringVar(&o.Out, "out", ".", "write the keys to `DIR`")
	cmd.Flags().BoolVar(&o.JSON, "json", false, "print JSON instead of text")
	cmd.Flags().IntVar(&o.RSABits, "rsa-bits", 4096, "the RSA key, for apk, has `BITS`, at least 2048")
	cmd.Flags().IntVar(&o.Days, "days", 0, "the OpenPGP key is valid for `DAYS` (default: for good)")
	return cmd
}

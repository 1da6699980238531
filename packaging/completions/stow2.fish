# Completion of stow2 for fish: options, their values, packages of the stow directory
# and their versions. It reads what the user may read.
#
# The part between "options:" and "end" is written by `make docs` from the table
# that stow2 reads its command line by; the rest is written by hand.

# The stow directory of the command line: -d, resource files, $STOW_DIR, or here.
function __stow2_dir
    set -l dir .
    set -q STOW_DIR; and test -n "$STOW_DIR"; and set dir $STOW_DIR
    for file in ~/.stowrc .stowrc
        test -f $file -a -r $file; or continue
        while read -l line
            set -l value (string replace -r -f -- '^(--dir[= ]|-d )\s*' '' $line); and set dir $value
        end <$file
    end
    set -l words (commandline -opc)
    for i in (seq 2 (count $words))
        set -l word $words[$i]
        if set -l value (string replace -r -f -- '^(--dir=|-d(?=.))' '' $word)
            set dir $value
        else if string match -q -r -- '^(--dir|-[^-]*d)$' $word; and set -q words[(math $i + 1)]
            set dir $words[(math $i + 1)]
        end
    end
    string replace -r -- '^(~|\$HOME)(?=/|$)' $HOME $dir
end

# The token at the cursor without its quotes, of which one may be open.
function __stow2_typed
    set -l token (commandline -ct)
    for end in '' "'" '"'
        string unescape -- "$token$end" 2>/dev/null; and return
    end
    printf '%s\n' "$token"
end

# Packages, or behind a slash the versions of one: what looks like a version.
function __stow2_packages
    set -l dir (__stow2_dir)
    set -l given (__stow2_typed)
    if string match -q -- '*/*' $given
        set -l package (string replace -r -- '/[^/]*$' '' $given)
        for path in $dir/$package/*/
            set -l name (basename $path)
            string match -q -r -- '^([vr]?[0-9]|.*[-._][0-9])' $name; and echo $package/$name
        end
    else
        for path in $dir/*/
            set -l name (basename $path)
            string match -q -- ':*' $name; or echo $name
        end
    end
end

function __stow2_given
    contains -- $argv[1] (commandline -opc)
end

complete -c stow2 -f
complete -c stow2 -n 'not __stow2_given --why' -a '(__stow2_packages)'
complete -c stow2 -n '__stow2_given --why' -F
# options: stow2
complete -c stow2 -s d -l dir -x -a '(__fish_complete_directories (commandline -ct))' -d 'Take packages from DIR, the stow directory (default: $STOW_DIR, or else the current directory)'
complete -c stow2 -s t -l target -x -a '(__fish_complete_directories (commandline -ct))' -d 'Make the links in DIR, the target (default: the directory that the stow directory is in)'
complete -c stow2 -s S -l stow -d 'Stow the packages that follow: the default'
complete -c stow2 -s D -l delete -d 'Unstow the packages that follow'
complete -c stow2 -s R -l restow -d 'Restow the packages that follow: -D and then -S, in one step'
complete -c stow2 -l ignore -x -a '' -d 'Ignore files whose path ends in a match of this Perl regex'
complete -c stow2 -l defer -x -a '' -d 'Leave a link to another package alone if its path begins with a match of this Perl regex'
complete -c stow2 -l override -x -a '' -d 'Replace a link to another package if its path begins with a match of this Perl regex'
complete -c stow2 -l adopt -d 'Dangerous: move conflicting files of the target into the package, over the package\'s own files, and link to them there'
complete -c stow2 -l no-folding -d 'Link to files only: make directories in the target instead of links to directories'
complete -c stow2 -l dotfiles -d 'Show dot-NAME in a package as .NAME in the target'
complete -c stow2 -s p -l compat -d 'Unstow by walking the whole target instead of the package'
complete -c stow2 -s n -l no -l simulate -d 'Change nothing; only find the changes to make, and the conflicts'
complete -c stow2 -s v -l verbose -d 'Print more: one level more each time, or level N (0 to 5). Level 1 prints the changes, 2 and more the reasons'
complete -c stow2 -s V -l version -d 'Print the version'
complete -c stow2 -s h -l help -d 'Print this help'
complete -c stow2 -l act-for -l as -r -F -d 'Act for the package manager FILE: hold packages in its name, and change packages that it holds'
complete -c stow2 -l force -d 'Take packages away from the package managers that hold them'
complete -c stow2 -l notify -d 'With --force: notify a package manager that loses a package, by running HOLDER --stow-forced PACKAGE/VERSION'
complete -c stow2 -l naive -d 'Stow PACKAGE itself, even if it seems to contain versions'
complete -c stow2 -l no-sync -d 'Do not sync changes of packages with versions to disk; the system writes them later'
complete -c stow2 -l fold -x -a 'gnu strict' -d 'strict: do not fold a directory if that would show ignored or renamed entries, and never replace an existing directory by a link; gnu is the default'
complete -c stow2 -l no-fold-path -x -a '' -d 'Never fold directories whose path in the target begins with a match of this Perl regex; a file .no-stow-folding in a directory of a package does the same'
complete -c stow2 -l adopt-path -r -F -d 'Like --adopt, but only for files at PATH in the target, or below it'
complete -c stow2 -l backup -d 'Rename a conflicting file of the target by adding SUFFIX, .stow-backup by default; unstowing with the same option restores it. If the new name is taken, on disk or by a package of the same command, that is a conflict'
complete -c stow2 -l relocate-from -x -a '(__fish_complete_directories (commandline -ct))' -d 'Treat links into DIR, the former place of the stow directory, as links of the packages; restowing rewrites them'
complete -c stow2 -l absolute -d 'Make links absolute'
complete -c stow2 -l allow-absolute-source -d 'Link to absolute symbolic links in packages, instead of reporting them as conflicts'
complete -c stow2 -l create -l mkdir -d 'Create the target if it does not exist'
complete -c stow2 -l skip-conflicts -d 'Stow what has no conflict, and print a warning for each conflict instead of stopping'
complete -c stow2 -l require-atomic -d 'Fail on a file system that cannot replace a path without making it unreachable for a moment'
complete -c stow2 -l prune -d 'Remove dangling links in the target that, by their text, belong to a package'
complete -c stow2 -l recover -d 'Complete interrupted changes in the target, or take them back, as any run does that concerns them'
complete -c stow2 -l check -d 'Find dangling links and unknown magic names (-b, the default), find files that are not links (-a), or list the packages (-l); with --wanted: only answer'
complete -c stow2 -l diff -d 'Change nothing; print the changes of the target, a line for each path: + for a new path, - for a removed one, ~ for a changed one'
complete -c stow2 -l status -d 'List which packages are stowed, wholly or in part; for those with versions also the version, the holder, and interrupted changes'
complete -c stow2 -l verify -d 'Check whether the packages, or all stowed packages, are as stowing would leave them: if not, print a line for each path, and end with status 1'
complete -c stow2 -l why -d 'Print which package owns each PATH, in the target or in a package, and by which rule'
complete -c stow2 -l mark -d 'Create a file .stow in PACKAGEs that have versions, so that GNU Stow recognises links to them as stowed; without PACKAGE in all of them, and in the stow directory'
complete -c stow2 -l view -x -a '(__fish_complete_directories (commandline -ct))' -d 'Make the links in DIR, a further target of the stow directory, which keeps its own state; with --audit and --remove: include DIR in the targets, even if the stow directory does not know it'
complete -c stow2 -l generations -d 'Make a new generation of the view, and show it by one rename: DIR/current points to it. Without PACKAGE: list the generations'
complete -c stow2 -l keep -x -a '' -d 'With --generations: remove all generations except the newest N and the one that is shown'
complete -c stow2 -l rollback -d 'Show generation K of the view again; without K the previous one'
complete -c stow2 -l audit -d 'List all versions of packages, who installed them, the targets that show them, and the versions that no target shows'
complete -c stow2 -l digests -d 'With --audit: also print the SHA-256 of the content of each version; this reads all files'
complete -c stow2 -l remove -d 'Delete versions that no target shows, each given as PACKAGE/VERSION'
complete -c stow2 -l forget-view -x -a '(__fish_complete_directories (commandline -ct))' -d 'Forget DIR, a view that no longer exists: until then it counts as showing its versions, and --remove keeps them'
complete -c stow2 -l control -d 'Write control data of PACKAGE/VERSION, the facts that package managers need, as far as a program can determine them; existing data stays'
complete -c stow2 -l default -d 'With --control: write the data that applies to all versions of the package'
complete -c stow2 -l refresh -d 'With --control: rewrite the fields that a program has written'
complete -c stow2 -l impact -d 'List the effect of a switch to PACKAGE/VERSION on the other packages: none, relinked by the switch, or to be rebuilt'
complete -c stow2 -l accept-broken -d 'Switch to a version even if installed software links to something that it lacks'
complete -c stow2 -l config -d 'Update PACKAGE/:config with the files of a new version; for a file that was edited there, write FILE.new beside it instead. Create PACKAGE/:config if it does not exist, and stow it'
complete -c stow2 -l make-config -d 'Like --config; in addition, run make config CONFIG_DIR=PACKAGE/:config before stowing a version whose makefile has that rule'
complete -c stow2 -l wanted -r -F -d 'Answer the requirement file FILE (- is the standard input) from the stow directory, a line for each requested package, and stow required packages that are not installed'
complete -c stow2 -l with-optional -d 'With --wanted: also stow optional packages'
complete -c stow2 -l json -d 'Print the result in JSON, with options that only print something'
complete -c stow2 -n '__stow2_given --check' -s b -l badlinks -d 'Print dangling links'
complete -c stow2 -n '__stow2_given --check' -s a -l aliens -d 'Print files and other things that are not links'
complete -c stow2 -n '__stow2_given --check' -s l -l list -d 'Print the names of the packages that links point to'
# end

package io.everwhen.restore.files;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Asks The Sleuth Kit about an image. What it says of times is UTC. One thread. */
final class SleuthKit {

  private static final String PACKAGES = "apt-get install sleuthkit (or dnf install sleuthkit)";

  /** A line of {@code mmls -a}: number, slot, first and last sector, length, description. */
  private static final Pattern PARTITION =
      Pattern.compile("\\d+:\\s+(?:(\\d+):)?(\\d+)\\s+(\\d+)\\s+\\d+\\s+\\d+\\b.*");

  private static final int FIRST_LOGICAL = 5;

  private final Path image;
  private final int sectorBytes;

  /**
   * @param sectorBytes of a block of the disk
   */
  SleuthKit(Path image, int sectorBytes) {
    this.image = image;
    this.sectorBytes = sectorBytes;
  }

  private Tool.End run(String program, List<String> options, List<String> rest, Tool.Reader reader)
      throws IOException {
    List<String> command = new ArrayList<>(List.of(program));
    command.addAll(List.of("-b", Integer.toString(sectorBytes)));
    command.addAll(options);
    command.add(image.toString());
    command.addAll(rest);
    return Tool.run(command, PACKAGES, reader);
  }

  private void runWell(String program, List<String> options, List<String> rest, Tool.Reader reader)
      throws IOException {
    Tool.End end = run(program, options, rest, reader);
    if (end.code() != 0) {
      throw new Tool.Failed(program, end);
    }
  }

  private static List<String> at(long sector, String... more) {
    List<String> options = new ArrayList<>(List.of("-o", Long.toString(sector)));
    options.addAll(List.of(more));
    return options;
  }

  /** The file system that begins at a sector; empty when it is none that is known. */
  String fileSystem(long sector) throws IOException {
    StringBuilder type = new StringBuilder();
    Tool.End end = run("fsstat", at(sector, "-t"), List.of(), Tool.text(type::append));
    return end.code() == 0 ? type.toString().strip() : "";
  }

  /** The partitions of the disk, as far as there are any. */
  List<Partition> partitions() throws IOException {
    List<Partition> partitions = new ArrayList<>();
    List<Long> logical = new ArrayList<>();
    run(
        "mmls",
        List.of("-a"),
        List.of(),
        Tool.text(line -> {
          Matcher m = PARTITION.matcher(line.strip());
          if (!m.matches()) {
            return;
          }
          long sector = Long.parseLong(m.group(3));
          int table = m.group(1) == null ? 0 : Integer.parseInt(m.group(1));
          if (table > 0) {
            logical.add(sector);
          } else {
            partitions.add(new Partition(Integer.parseInt(m.group(2)) + 1, sector, ""));
          }
        }));
    for (int i = 0; i < logical.size(); i++) {
      partitions.add(new Partition(FIRST_LOGICAL + i, logical.get(i), ""));
    }
    List<Partition> told = new ArrayList<>();
    for (Partition partition : partitions) {
      told.add(
          new Partition(partition.number(), partition.sector(), fileSystem(partition.sector())));
    }
    return told;
  }

  /** By what the file system knows a path; empty when there is nothing. */
  Optional<String> find(Partition in, String path) throws IOException {
    StringBuilder found = new StringBuilder();
    List<String> options = at(in.sector(), "-n", path);
    Tool.End end = run("ifind", options, List.of(), Tool.text(found::append));
    if (end.code() != 0) {
      throw new Tool.Failed("ifind", end);
    }
    String inode = found.toString().strip();
    return Character.isDigit(inode.isEmpty() ? ' ' : inode.charAt(0))
        ? Optional.of(inode)
        : Optional.empty();
  }

  /** All that is kept of an inode, as text, but not when it was read. */
  String details(Partition in, String inode) throws IOException {
    StringBuilder text = new StringBuilder();
    runWell(
        "istat",
        at(in.sector()),
        List.of(inode),
        Tool.text(line -> {
          if (!line.startsWith("Accessed:")) {
            text.append(line).append('\n');
          }
        }));
    return text.toString();
  }

  /** Hands what a file holds to a reader. */
  void read(Partition in, String inode, Tool.Reader reader) throws IOException {
    runWell("icat", at(in.sector()), List.of(inode), reader);
  }

  /**
   * Lists the names in a directory, also those that were deleted, as lines of a body file.
   *
   * @param path of the directory, without a slash at its end
   * @param inode of the directory
   */
  void directory(Partition in, String path, String inode, Tool.Lines lines) throws IOException {
    runWell(
        "fls",
        at(in.sector(), "-m", path.isEmpty() ? "/" : path),
        List.of(inode),
        Tool.text(lines));
  }

  /** Receives names. */
  @FunctionalInterface
  interface Entries {
    void entry(FileEntry entry) throws IOException;
  }

  /**
   * Lists every name of a file system, without what is the file system's own.
   *
   * @param content whether the content is read, for its MD5
   */
  void list(Partition in, boolean content, Entries entries) throws IOException {
    List<String> options = at(in.sector(), "-r", "-p", "-u", "-m", "/");
    if (content) {
      options.add("-h");
    }
    boolean ntfs = in.fileSystem().equals("ntfs");
    runWell(
        "fls",
        options,
        List.of(),
        Tool.text(line -> {
          Optional<FileEntry> entry = FileEntry.parse(line);
          if (entry.isPresent() && !(ntfs && entry.get().path().startsWith("/$"))) {
            entries.entry(entry.get());
          }
        }));
  }
}

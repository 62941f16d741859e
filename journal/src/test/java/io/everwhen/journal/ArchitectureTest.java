package io.everwhen.journal;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import java.time.Instant;
import org.junit.jupiter.api.Test;

/**
 * The arrows between the packages of the journal, who may touch files, and who may know what time
 * it is.
 */
class ArchitectureTest {

  private static final JavaClasses JOURNAL =
      new ClassFileImporter()
          .withImportOption(at -> !at.contains("/test-classes/"))
          .importPackages("io.everwhen.journal");

  private static final String ROOT = "io.everwhen.journal";
  private static final String IO = ROOT + ".io";
  private static final String FORMAT = ROOT + ".format";
  private static final String LOG = ROOT + ".log";
  private static final String IMAGE = ROOT + ".image";
  private static final String HISTORY = ROOT + ".history";

  @Test
  void theArrowsPointFromTheGroupOverImageAndHistoryToTheLogAndOnToFormatAndIo() {
    noClasses()
        .that()
        .resideInAPackage(IO)
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage(ROOT, FORMAT, LOG, IMAGE, HISTORY)
        .check(JOURNAL);
    noClasses()
        .that()
        .resideInAPackage(FORMAT)
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage(ROOT, IO, LOG, IMAGE, HISTORY)
        .check(JOURNAL);
    noClasses()
        .that()
        .resideInAPackage(LOG)
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage(ROOT, IMAGE, HISTORY)
        .check(JOURNAL);
    noClasses()
        .that()
        .resideInAPackage(IMAGE)
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage(ROOT, HISTORY)
        .check(JOURNAL);
    noClasses()
        .that()
        .resideInAPackage(HISTORY)
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage(ROOT, IMAGE)
        .check(JOURNAL);
  }

  @Test
  void packagesHaveNoCycles() {
    slices().matching("io.everwhen.journal.(*)..").should().beFreeOfCycles().check(JOURNAL);
  }

  @Test
  void onlyTheIoPackageTouchesFiles() {
    noClasses()
        .that()
        .resideOutsideOfPackage(IO)
        .should()
        .dependOnClassesThat()
        .haveNameMatching(
            "java\\.io\\.(File|File.*Stream|FileReader|FileWriter|RandomAccessFile)"
                + "|java\\.nio\\.file\\.(Files|Path|Paths)"
                + "|java\\.nio\\.channels\\..*")
        .check(JOURNAL);
  }

  @Test
  void onlyTheSystemClockReadsClocks() {
    noClasses()
        .that()
        .haveSimpleNameNotEndingWith("SystemClock")
        .should()
        .callMethod(System.class, "nanoTime")
        .orShould()
        .callMethod(System.class, "currentTimeMillis")
        .orShould()
        .callMethod(Instant.class, "now")
        .check(JOURNAL);
  }
}

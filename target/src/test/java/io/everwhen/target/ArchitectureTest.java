package io.everwhen.target;

import static com.tngtech.archunit.base.DescribedPredicate.not;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.Architectures.layeredArchitecture;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import java.time.Clock;
import java.time.Instant;
import java.util.Random;
import java.util.concurrent.ThreadLocalRandom;
import org.junit.jupiter.api.Test;

class ArchitectureTest {

  private static final JavaClasses CLASSES =
      new ClassFileImporter()
          .withImportOption(location -> !location.contains("/test-classes/"))
          .importPackages("io.everwhen.target");

  @Test
  void dependenciesGoOneWay() {
    layeredArchitecture()
        .consideringOnlyDependenciesInLayers()
        .layer("block")
        .definedBy("..target.block")
        .layer("scsi")
        .definedBy("..target.scsi")
        .layer("pdu")
        .definedBy("..target.pdu")
        .layer("iscsi")
        .definedBy("..target.iscsi")
        .whereLayer("iscsi")
        .mayNotBeAccessedByAnyLayer()
        .whereLayer("pdu")
        .mayOnlyBeAccessedByLayers("iscsi")
        .whereLayer("scsi")
        .mayOnlyBeAccessedByLayers("iscsi")
        .whereLayer("block")
        .mayOnlyBeAccessedByLayers("pdu", "scsi", "iscsi")
        .check(CLASSES);
  }

  @Test
  void packagesHaveNoCycles() {
    slices().matching("io.everwhen.target.(*)..").should().beFreeOfCycles().check(CLASSES);
  }

  @Test
  void nothingElseOfTheProjectIsKnown() {
    noClasses()
        .should()
        .dependOnClassesThat(
            resideInAPackage("io.everwhen..").and(not(resideInAPackage("io.everwhen.target.."))))
        .check(CLASSES);
  }

  @Test
  void onlyIscsiTouchesSockets() {
    noClasses()
        .that()
        .resideOutsideOfPackage("..target.iscsi")
        .should()
        .dependOnClassesThat()
        .resideInAPackage("java.net..")
        .orShould()
        .dependOnClassesThat()
        .haveNameMatching("java\\.nio\\.channels\\.(Server)?SocketChannel")
        .check(CLASSES);
  }

  @Test
  void onlyTheSystemClockReadsAClock() {
    noClasses()
        .that()
        .doNotHaveSimpleName("SystemClock")
        .should()
        .callMethod(System.class, "nanoTime")
        .orShould()
        .callMethod(System.class, "currentTimeMillis")
        .orShould()
        .callMethod(Instant.class, "now")
        .orShould()
        .dependOnClassesThat()
        .belongToAnyOf(Clock.class, Random.class, ThreadLocalRandom.class)
        .check(CLASSES);
  }

  @Test
  void noClassTouchesFiles() {
    noClasses().should().dependOnClassesThat().resideInAPackage("java.nio.file..").check(CLASSES);
  }
}

package io.everwhen.appliance;

import static com.tngtech.archunit.base.DescribedPredicate.not;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.core.domain.properties.HasName.Predicates.nameMatching;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.AccessTarget;
import com.tngtech.archunit.core.domain.JavaAccess;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.lang.ArchRule;
import io.everwhen.appliance.config.Config;
import io.everwhen.appliance.serve.CpuDmaLatency;
import org.junit.jupiter.api.Test;

/** The arrows of the house, who may touch files, and who may know what time it is. */
class ArchitectureTest {

  private static final JavaClasses HOUSE =
      new ClassFileImporter()
          .withImportOption(at -> !at.contains("/test-classes/") && !at.contains("-tests.jar"))
          .importPackages("io.everwhen");

  private static final String TARGET = "io.everwhen.target..";
  private static final String JOURNAL = "io.everwhen.journal..";
  private static final String RESTORE = "io.everwhen.restore..";
  private static final String APPLIANCE = "io.everwhen.appliance..";

  @Test
  void targetKnowsNothingOfTheRestOfTheHouse() {
    check(
        noClasses()
            .that()
            .resideInAPackage(TARGET)
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage(JOURNAL, RESTORE, APPLIANCE));
  }

  @Test
  void journalKnowsNothingOfTheRestOfTheHouse() {
    check(
        noClasses()
            .that()
            .resideInAPackage(JOURNAL)
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage(TARGET, RESTORE, APPLIANCE));
  }

  @Test
  void restoreKnowsTheJournalOnly() {
    check(
        noClasses()
            .that()
            .resideInAPackage(RESTORE)
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage(TARGET, APPLIANCE));
  }

  @Test
  void packagesHaveNoCycles() {
    check(slices().matching("io.everwhen.(**)").should().beFreeOfCycles());
  }

  @Test
  void insideTheTargetTheArrowsPointToBlock() {
    check(
        noClasses()
            .that()
            .resideInAPackage("io.everwhen.target.block")
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage(
                "io.everwhen.target.scsi", "io.everwhen.target.pdu", "io.everwhen.target.iscsi"));
    check(
        noClasses()
            .that()
            .resideInAPackage("io.everwhen.target.scsi")
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage("io.everwhen.target.pdu", "io.everwhen.target.iscsi"));
    check(
        noClasses()
            .that()
            .resideInAPackage("io.everwhen.target.pdu")
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage("io.everwhen.target.scsi", "io.everwhen.target.iscsi"));
  }

  /**
   * {@code journal.io} opens files; {@code Config} reads its file and the secrets that it names,
   * and {@code CpuDmaLatency} uses a device of the system; nothing else does.
   */
  @Test
  void onlyTheJournalsIoPackageTouchesFiles() {
    check(
        noClasses()
            .that(
                resideInAPackage("io.everwhen..")
                    .and(not(resideInAPackage("io.everwhen.journal.io")))
                    .and(not(equalTo(Config.class)))
                    .and(not(equalTo(CpuDmaLatency.class))))
            .should()
            .dependOnClassesThat(touchesFiles()));
  }

  /** One class a module may ask for the time, and is handed to whoever needs it. */
  @Test
  void onlySystemClocksReadTheClock() {
    check(
        noClasses()
            .that()
            .doNotHaveSimpleName("SystemClock")
            .should()
            .accessTargetWhere(readsTheClock()));
  }

  @Test
  void thereIsAtMostOneSystemClockAModule() {
    for (String module : new String[] {TARGET, JOURNAL, RESTORE, APPLIANCE}) {
      long clocks =
          HOUSE.stream()
              .filter(resideInAPackage(module))
              .filter(c -> c.getSimpleName().equals("SystemClock"))
              .count();
      assertThat(clocks).as("SystemClock classes in %s", module).isLessThanOrEqualTo(1);
    }
  }

  /** Randomness is handed in; where it has to be unpredictable it is a {@code SecureRandom}. */
  @Test
  void nothingMakesItsOwnRandomness() {
    check(
        noClasses()
            .should()
            .dependOnClassesThat(
                nameMatching(
                    "java\\.util\\.(Random|SplittableRandom)|java\\.util\\.concurrent\\.ThreadLocalRandom")));
    check(noClasses().should().callMethod(Math.class, "random"));
  }

  @Test
  void picocliStaysInTheCommandLine() {
    check(
        noClasses()
            .that()
            .resideOutsideOfPackage("io.everwhen.appliance.cli")
            .should()
            .dependOnClassesThat()
            .resideInAPackage("picocli.."));
  }

  private static void check(ArchRule rule) {
    rule.allowEmptyShould(true).check(HOUSE);
  }

  private static DescribedPredicate<JavaClass> touchesFiles() {
    return nameMatching(
            "java\\.io\\.(File|File.*Stream|FileReader|FileWriter|RandomAccessFile)"
                + "|java\\.nio\\.file\\.Files"
                + "|java\\.nio\\.channels\\.(Asynchronous)?FileChannel")
        .<JavaClass>forSubtype()
        .as("open, read or write files");
  }

  private static DescribedPredicate<JavaClass> equalTo(Class<?> type) {
    return nameMatching(type.getName().replace(".", "\\.")).<JavaClass>forSubtype();
  }

  private static DescribedPredicate<JavaAccess<?>> readsTheClock() {
    return DescribedPredicate.describe(
        "read the clock",
        access -> {
          AccessTarget target = access.getTarget();
          String owner = target.getOwner().getName();
          String name = target.getName();
          return switch (owner) {
            case "java.lang.System" -> name.equals("nanoTime") || name.equals("currentTimeMillis");
            case "java.time.Clock" -> name.startsWith("system") || name.startsWith("tick");
            default -> owner.startsWith("java.time.") && name.equals("now");
          };
        });
  }
}
